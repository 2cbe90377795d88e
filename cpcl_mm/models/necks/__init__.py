"""Necks: from what a tower gives to one feature."""

from .token_selection import TokenSelection

__all__ = ['TokenSelection']
