"""Triplet loss with the hardest negative of a batch."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cpcl_mm.registry import MODELS


@MODELS.register_module()
class HardTripletLoss(nn.Module):
    r"""Cluster-guided hard matching of ICPG (PRCV 2024).

    With the similarities :math:`S_{ij} = v_i \cdot t_j` and :math:`n(i)` the most similar caption
    that does not match image i,

    .. math::
        L_{i2t} = \sum_i \max(0, m + S_{i, n(i)} - S_{ii})

    and the loss is the mean of both directions. An image all of whose captions match has no
    negative and costs nothing.

    Args:
        margin (float): :math:`m`. Defaults to 0.3, ICPG's.
        reduction (str): ``'mean'`` over the batch, so that the weight does not depend on its size,
            or ``'sum'``, as ICPG's public code has it. Defaults to ``'mean'``.

    Raises:
        ValueError: If ``reduction`` is neither of the two.

    Examples:
        >>> import torch
        >>> from cpcl_mm.models import HardTripletLoss
        >>> HardTripletLoss(margin=0.3)(torch.eye(3), torch.eye(3))
        tensor(0.)
    """

    def __init__(self, margin: float = 0.3, reduction: Literal['mean', 'sum'] = 'mean') -> None:
        super().__init__()
        if reduction not in ('mean', 'sum'):
            raise ValueError(f"reduction must be 'mean' or 'sum', not {reduction!r}")
        self.margin, self.reduction = margin, reduction

    def forward(self, image: Tensor, text: Tensor, matches: Tensor | None = None) -> Tensor:
        """Compute the loss.

        Args:
            image (Tensor): L2-normalized image features (B, D).
            text (Tensor): L2-normalized caption features (B, D), row i the caption of image i.
            matches (Tensor, optional): Bool (B, B), whether image i and caption j match. Defaults
                to None: only pairs of the same row do.

        Returns:
            Tensor: A scalar.
        """
        similarity = image @ text.T
        if matches is None:
            matches = torch.eye(len(similarity), dtype=torch.bool, device=similarity.device)
        positive = similarity.diagonal()
        negative = similarity.masked_fill(matches, -torch.inf)
        costs = [F.relu(self.margin + negative.amax(dim) - positive) for dim in (0, 1)]
        total = (costs[0] + costs[1]) / 2
        return total.mean() if self.reduction == 'mean' else total.sum()
