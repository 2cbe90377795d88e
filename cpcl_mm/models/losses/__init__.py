"""Losses.

Terms of a head, which read a batch and memories, are subclasses of :class:`BatchLoss`; plain
losses take ``(image, text, matches)`` and become terms by :class:`InstanceLoss`.
"""

from .batch_loss import BatchLoss
from .hard_triplet_loss import HardTripletLoss
from .instance_loss import InstanceLoss
from .itc_loss import ITCLoss
from .prototype_loss import PrototypeLoss, prototype_contrast
from .sdm_loss import SDMLoss
from .temperature import Temperature

__all__ = [
    'BatchLoss',
    'HardTripletLoss',
    'ITCLoss',
    'InstanceLoss',
    'PrototypeLoss',
    'SDMLoss',
    'Temperature',
    'prototype_contrast',
]
