"""Heads: from features to losses."""

from .cluster_contrast_head import ClusterContrastHead
from .instance_matching_head import InstanceMatchingHead
from .prototypical_memory_head import PrototypicalMemoryHead

__all__ = ['ClusterContrastHead', 'InstanceMatchingHead', 'PrototypicalMemoryHead']
