"""Heads: from features to losses."""

from .cluster_contrast_head import ClusterContrastHead
from .matching_head import MatchingHead
from .prototypical_memory_head import PrototypicalMemoryHead

__all__ = ['ClusterContrastHead', 'MatchingHead', 'PrototypicalMemoryHead']
