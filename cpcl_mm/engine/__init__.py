"""What runs inside the Runner."""

from . import hooks

__all__ = ['hooks']
