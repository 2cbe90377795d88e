"""Image-text contrast, InfoNCE in both directions."""

import torch
import torch.nn.functional as F
from torch import Tensor

from cpcl_mm.registry import MODELS

from .pair_loss import PairLoss
from .temperature import Temperature


@MODELS.register_module()
class ITCLoss(PairLoss):
    r"""Image-text contrastive loss (InfoNCE) of CLIP, arXiv 2103.00020.

    .. math::
        L = -\frac{1}{2B} \sum_i \left(
            \log \frac{e^{v_i \cdot t_i / \tau}}{\sum_j e^{v_i \cdot t_j / \tau}} +
            \log \frac{e^{t_i \cdot v_i / \tau}}{\sum_j e^{t_i \cdot v_j / \tau}} \right)

    Only the own caption of an image is its match; ``matches`` is not read.

    Args:
        temperature (float): :math:`\tau`, or its initial value. Defaults to 0.02, the fixed
            temperature that CLIP's person retrieval recipes share.
        learnable (bool): Learn the temperature. Defaults to False.
        label_smoothing (float): Of the cross entropy, one of the tricks of TBPS-CLIP (AAAI 2024).
            Defaults to 0.
    """

    def __init__(
        self, temperature: float = 0.02, learnable: bool = False, label_smoothing: float = 0.0
    ) -> None:
        super().__init__()
        self.temperature = Temperature(temperature, learnable)
        self.label_smoothing = label_smoothing

    def costs(self, image: Tensor, text: Tensor, matches: Tensor) -> Tensor:
        """Mean cross entropy of both directions, see :meth:`PairLoss.costs`."""
        logits = self.temperature(image @ text.T)
        own = torch.arange(len(logits), device=logits.device)
        both = [
            F.cross_entropy(x, own, reduction='none', label_smoothing=self.label_smoothing)
            for x in (logits, logits.T)
        ]
        return (both[0] + both[1]) / 2
