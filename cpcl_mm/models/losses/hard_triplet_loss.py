"""Triplet loss with the hardest negative of a batch."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from cpcl_mm.registry import MODELS

from .pair_loss import PairLoss


@MODELS.register_module()
class HardTripletLoss(PairLoss):
    r"""Cluster-guided hard matching (CHM) of ICPG (PRCV 2024).

    With the similarities :math:`S_{ij} = v_i \cdot t_j` and :math:`n(i)` the most similar caption
    that does not match image i,

    .. math::
        L_{i2t} = \sum_i \max(0, m + S_{i, n(i)} - S_{ii})

    and the loss is the mean of both directions. An image all of whose captions match has no
    negative and costs nothing.

    Args:
        margin (float): :math:`m`. Defaults to 0.3, ICPG's.
        reduction (str): As for :class:`PairLoss`; ICPG's public code has ``'sum'``. Defaults to
            ``'mean'``.

    Examples:
        >>> import torch
        >>> from cpcl_mm.models import HardTripletLoss
        >>> HardTripletLoss(margin=0.3)(torch.eye(3), torch.eye(3))
        tensor(0.)
    """

    def __init__(self, margin: float = 0.3, reduction: Literal['mean', 'sum'] = 'mean') -> None:
        super().__init__(reduction)
        self.margin = margin

    def costs(self, image: Tensor, text: Tensor, matches: Tensor) -> Tensor:
        """Mean cost of both directions, see :meth:`PairLoss.costs`."""
        similarity = image @ text.T
        positive = similarity.diagonal()
        negative = similarity.masked_fill(matches, -torch.inf)
        both = [F.relu(self.margin + negative.amax(dim) - positive) for dim in (0, 1)]
        return (both[0] + both[1]) / 2
