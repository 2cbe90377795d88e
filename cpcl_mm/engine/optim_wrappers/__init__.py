"""Optimizer wrappers."""

from .mixed_precision import mixed_precision

__all__ = ['mixed_precision']
