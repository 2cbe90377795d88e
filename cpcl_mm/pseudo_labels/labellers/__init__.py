"""Labellers: samples in, pseudo labels out."""

from .image_clusters import ImageClusters
from .instances import Instances
from .labeller import Labeller
from .noisy_pairs import NoisyPairs
from .per_modality import PerModality
from .true_identities import TrueIdentities

__all__ = [
    'ImageClusters',
    'Instances',
    'Labeller',
    'NoisyPairs',
    'PerModality',
    'TrueIdentities',
]
