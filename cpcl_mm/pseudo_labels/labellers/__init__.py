"""Labellers: samples in, pseudo labels out."""

from .image_clusters import ImageClusters
from .labeller import Labeller
from .per_modality import PerModality
from .true_identities import TrueIdentities

__all__ = ['ImageClusters', 'Labeller', 'PerModality', 'TrueIdentities']
