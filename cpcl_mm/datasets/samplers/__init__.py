"""Samplers that know pseudo labels."""

from .pseudo_label_sampler import PseudoLabelSampler

__all__ = ['PseudoLabelSampler']
