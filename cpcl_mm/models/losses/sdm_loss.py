"""Similarity distribution matching."""

import torch.nn.functional as F
from torch import Tensor

from cpcl_mm.registry import MODELS

from .pair_loss import PairLoss
from .temperature import Temperature


@MODELS.register_module()
class SDMLoss(PairLoss):
    r"""Similarity distribution matching of IRRA, arXiv 2303.12501.

    With :math:`p_{ij} = \mathrm{softmax}_j(v_i \cdot t_j / \tau)` and the targets
    :math:`q_{ij} = m_{ij} / \sum_k m_{ik}` of the matches :math:`m`,

    .. math::
        L_{i2t} = \frac{1}{B} \sum_i \sum_j p_{ij} \log \frac{p_{ij}}{q_{ij} + \epsilon}

    and the loss is the mean of both directions, :math:`(L_{i2t} + L_{t2i}) / 2`, so that its
    weight means the same as that of :class:`ITCLoss`. IRRA and others sum the directions: give it
    a ``loss_weight`` of 2. With identities for labels it is IRRA's loss, with clusters of images
    the cluster-guided distribution matching (CDM) of ICPG (PRCV 2024).

    Args:
        temperature (float): :math:`\tau`, or its initial value. Defaults to 0.02.
        learnable (bool): Learn the temperature. Defaults to False.
        eps (float): :math:`\epsilon`, which bounds the price of similarity to what does not
            match. Defaults to 1e-8, IRRA's.
    """

    def __init__(
        self, temperature: float = 0.02, learnable: bool = False, eps: float = 1e-8
    ) -> None:
        super().__init__()
        self.temperature = Temperature(temperature, learnable)
        self.eps = eps

    def costs(self, image: Tensor, text: Tensor, matches: Tensor) -> Tensor:
        """Mean divergence of both directions, see :meth:`PairLoss.costs`."""
        logits = self.temperature(image @ text.T)
        i2t = divergence(logits, matches, self.eps)
        return (i2t + divergence(logits.T, matches.T, self.eps)) / 2


def divergence(logits: Tensor, weights: Tensor, eps: float) -> Tensor:
    """Compute the Kullback-Leibler divergence (B,) of rows of logits (B, N) from their targets.

    The target of a row is proportional to its ``weights``, bool or float; ``eps`` is added to it.
    """
    target = weights / weights.sum(1, keepdim=True)
    log_p = F.log_softmax(logits, dim=1)
    return (log_p.exp() * (log_p - (target + eps).log())).sum(1)
