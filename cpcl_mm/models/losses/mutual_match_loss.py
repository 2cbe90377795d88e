"""Distribution matching with the matches that both modalities find in a batch."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from cpcl_mm.registry import MODELS

from ..pair_batch import PairBatch
from .batch_loss import BatchLoss
from .sdm_loss import SDMLoss


@MODELS.register_module()
class MutualMatchLoss(BatchLoss):
    r"""Local identity association of DGCMIA (ACM MM 2025): mutual matches, no clustering.

    Pairs i and j match if their images and their captions are both similar,
    :math:`v_i \cdot v_j > \theta` and :math:`t_i \cdot t_j > \theta`. The target of row i is
    the softmax over its matches of 1 for the own pair and :math:`a` for others, and the loss is
    that of :class:`SDMLoss` with these targets, the mean of both directions; DGCMIA sums them: a
    ``loss_weight`` of 2.

    With ``image='augmented_image'`` and ``text='masked_text'`` it is DGCMIA's consistency, the same
    on an augmented image and a masked caption through the same towers.

    Args:
        threshold (float): :math:`\theta`. Defaults to 0.7, DGCMIA's.
        others (float): :math:`a`. Defaults to 0.1, DGCMIA's.
        temperature (float): Of the similarities. Defaults to 0.02.
        image (str): Name of the features of images. Defaults to ``'image'``.
        text (str): Name of the features of captions. Defaults to ``'text'``.
        **kwargs: ``loss_weight`` and ``start_epoch`` of :class:`BatchLoss`.
    """

    def __init__(
        self,
        threshold: float = 0.7,
        others: float = 0.1,
        temperature: float = 0.02,
        image: str = 'image',
        text: str = 'text',
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.threshold, self.others = threshold, others
        self.names = (image, text)
        self.loss = SDMLoss(temperature, eps=1e-6)

    def forward(self, batch: PairBatch, memories: Mapping[str, Any]) -> Tensor:
        """Compute the loss."""
        image, text = (batch.features[name] for name in self.names)
        return self.loss(image, text, self.targets(image.detach(), text.detach()))

    def targets(self, image: Tensor, text: Tensor) -> Tensor:
        """Find what targets are proportional to, (B, B), by unit features (B, D)."""
        near = [x @ x.T > self.threshold for x in (image, text)]
        own = torch.eye(len(image), device=image.device)
        # Exponents of the softmax; what does not match has no share at all.
        shares = (own + (1 - own) * self.others).exp()
        return shares * (near[0] & near[1] | own.bool())
