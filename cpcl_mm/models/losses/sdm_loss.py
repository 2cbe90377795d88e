"""Similarity distribution matching."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cpcl_mm.registry import MODELS

from .temperature import Temperature


@MODELS.register_module()
class SDMLoss(nn.Module):
    r"""Similarity distribution matching of IRRA, arXiv 2303.12501.

    With :math:`p_{ij} = \mathrm{softmax}_j(v_i \cdot t_j / \tau)` and the targets
    :math:`q_{ij} = m_{ij} / \sum_k m_{ik}` of the matches :math:`m`,

    .. math::
        L_{i2t} = \frac{1}{B} \sum_i \sum_j p_{ij} \log \frac{p_{ij}}{q_{ij} + \epsilon}

    and the loss is the mean of both directions, :math:`(L_{i2t} + L_{t2i}) / 2`, so that its
    weight means the same as that of :class:`ITCLoss`.

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

    def forward(self, image: Tensor, text: Tensor, matches: Tensor | None = None) -> Tensor:
        """Compute the loss.

        Args:
            image (Tensor): L2-normalized image features (B, D).
            text (Tensor): L2-normalized caption features (B, D).
            matches (Tensor, optional): Bool (B, B), whether image i and caption j match. Defaults
                to None: only pairs of the same row do.

        Returns:
            Tensor: A scalar.
        """
        logits = self.temperature(image @ text.T)
        if matches is None:
            matches = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
        return (self._divergence(logits, matches) + self._divergence(logits.T, matches.T)) / 2

    def _divergence(self, logits: Tensor, matches: Tensor) -> Tensor:
        """Kullback-Leibler divergence from the targets, mean over rows."""
        target = matches / matches.sum(1, keepdim=True)
        log_p = F.log_softmax(logits, dim=1)
        return (log_p.exp() * (log_p - (target + self.eps).log())).sum(1).mean()
