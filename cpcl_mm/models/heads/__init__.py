"""Heads: from features to losses."""

from .instance_matching_head import InstanceMatchingHead

__all__ = ['InstanceMatchingHead']
