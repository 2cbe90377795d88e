"""Triplet alignment with a soft maximum over all negatives."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from cpcl_mm.registry import MODELS

from .pair_loss import PairLoss


@MODELS.register_module()
class TALLoss(PairLoss):
    r"""Triplet alignment loss of RDE (CVPR 2024, arXiv 2308.09911).

    With the similarities :math:`S_{ij} = v_i \cdot t_j`, the matches :math:`P(i)` of image i and
    :math:`\alpha_{ij}` the softmax of :math:`S_{ij} / \tau` over them, which has no gradient,

    .. math::
        L_{i2t} = \sum_i \max\Big(0,\; m + \tau \log \sum_{j \notin P(i)} e^{S_{ij} / \tau}
            - \sum_{j \in P(i)} \alpha_{ij} S_{ij}\Big)

    and the loss is the sum of both directions, :math:`L_{i2t} + L_{t2i}`. As :math:`\tau` goes to 0
    it becomes the hardest negative's. An image all of whose captions match costs nothing.

    Args:
        margin (float): :math:`m`. Defaults to 0.1, RDE's.
        temperature (float): :math:`\tau`. Defaults to 0.015, RDE's.
        reduction (str): As for :class:`PairLoss`; RDE's public code has ``'sum'``. Defaults to
            ``'mean'``.
    """

    def __init__(
        self,
        margin: float = 0.1,
        temperature: float = 0.015,
        reduction: Literal['mean', 'sum'] = 'mean',
    ) -> None:
        super().__init__(reduction)
        if temperature <= 0:
            raise ValueError(f'a temperature must be positive, not {temperature}')
        self.margin, self.temperature = margin, temperature

    def costs(self, image: Tensor, text: Tensor, matches: Tensor) -> Tensor:
        """Sum of both directions, see :meth:`PairLoss.costs`."""
        similarity = image @ text.T
        return self._one_way(similarity, matches) + self._one_way(similarity.T, matches.T)

    def _one_way(self, similarity: Tensor, matches: Tensor) -> Tensor:
        scaled = similarity / self.temperature
        share = scaled.masked_fill(~matches, -torch.inf).softmax(1).detach()
        # Not infinite: a row without a negative would have no finite gradient.
        negatives = scaled.masked_fill(matches, -1e9)
        negative = self.temperature * negatives.logsumexp(1)
        return F.relu(self.margin + negative - (share * similarity).sum(1))
