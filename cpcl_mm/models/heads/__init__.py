"""Heads: from features to losses."""

from .instance_matching_head import InstanceMatchingHead
from .prototypical_memory_head import PrototypicalMemoryHead

__all__ = ['InstanceMatchingHead', 'PrototypicalMemoryHead']
