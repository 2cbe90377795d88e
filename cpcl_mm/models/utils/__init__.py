"""Helpers shared by models."""

from .gather import gather, gather_with_grad

__all__ = ['gather', 'gather_with_grad']
