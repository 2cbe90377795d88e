"""Optimizer wrappers."""

from .merged_groups import MergedGroupsConstructor
from .mixed_precision import mixed_precision

__all__ = ['MergedGroupsConstructor', 'mixed_precision']
