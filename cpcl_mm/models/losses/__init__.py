"""Losses.

Terms of a head, which read a batch and memories, are subclasses of :class:`BatchLoss`; plain
losses take ``(image, text, matches)``, such as :class:`PairLoss`, and become terms by
:class:`InstanceLoss`.
"""

from .batch_loss import BatchLoss
from .hard_triplet_loss import HardTripletLoss
from .identity_loss import IdentityLoss
from .instance_loss import InstanceLoss
from .itc_loss import ITCLoss
from .masked_token_loss import MaskedTokenLoss
from .mutual_match_loss import MutualMatchLoss
from .neighbor_loss import NeighborLoss
from .pair_loss import PairLoss
from .prototype_loss import PrototypeLoss, prototype_contrast
from .sdm_loss import SDMLoss
from .tal_loss import TALLoss
from .temperature import Temperature

__all__ = [
    'BatchLoss',
    'HardTripletLoss',
    'ITCLoss',
    'IdentityLoss',
    'InstanceLoss',
    'MaskedTokenLoss',
    'MutualMatchLoss',
    'NeighborLoss',
    'PairLoss',
    'PrototypeLoss',
    'SDMLoss',
    'TALLoss',
    'Temperature',
    'prototype_contrast',
]
