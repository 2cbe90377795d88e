"""Image-text contrast, InfoNCE in both directions."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cpcl_mm.registry import MODELS

from .temperature import Temperature


@MODELS.register_module()
class ITCLoss(nn.Module):
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
        label_smoothing (float): Of the cross entropy. Defaults to 0.
    """

    def __init__(
        self, temperature: float = 0.02, learnable: bool = False, label_smoothing: float = 0.0
    ) -> None:
        super().__init__()
        self.temperature = Temperature(temperature, learnable)
        self.label_smoothing = label_smoothing

    def forward(self, image: Tensor, text: Tensor, matches: Tensor | None = None) -> Tensor:
        """Compute the loss.

        Args:
            image (Tensor): L2-normalized image features (B, D).
            text (Tensor): L2-normalized caption features (B, D), row i the caption of image i.
            matches (Tensor, optional): Not read: the signature is that of every instance loss.

        Returns:
            Tensor: A scalar.
        """
        logits = self.temperature(image @ text.T)
        target = torch.arange(len(logits), device=logits.device)
        loss = F.cross_entropy(logits, target, label_smoothing=self.label_smoothing)
        mirror = F.cross_entropy(logits.T, target, label_smoothing=self.label_smoothing)
        return (loss + mirror) / 2
