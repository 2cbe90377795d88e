"""Classification of images and captions by who is in them."""

from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from cpcl_mm.pseudo_labels import Labels
from cpcl_mm.registry import MODELS

from ..pair_batch import PairBatch
from .batch_loss import BatchLoss


@MODELS.register_module()
class IdentityLoss(BatchLoss):
    r"""One linear classifier of identities for both modalities.

    The instance loss of arXiv 1711.05535 as IRRA (arXiv 2303.12501) has it: with the logits
    :math:`W f + b` of an image and of its caption, the mean of the two cross entropies.

    The identities are the labels of images, so that the labeller has to be
    :class:`~cpcl_mm.pseudo_labels.TrueIdentities`: numbers of clusters mean another cluster in
    every epoch. Pairs of unknown identity take no part.

    Args:
        num_identities (int): Identities of the training set.
        dim (int): Size of a feature. Defaults to 512, CLIP ViT-B/16's.
        **kwargs: ``loss_weight`` and ``start_epoch`` of :class:`BatchLoss`.
    """

    def __init__(self, num_identities: int, dim: int = 512, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.classifier = nn.Linear(dim, num_identities)
        nn.init.normal_(self.classifier.weight, std=0.001)
        nn.init.zeros_(self.classifier.bias)

    def check_labels(self, labels: Labels) -> None:
        """Refuse more identities than there are classes, see :meth:`BatchLoss.check_labels`."""
        known, classes = labels.num_clusters('image'), self.classifier.out_features
        if known > classes:
            raise ValueError(
                f'IdentityLoss has num_identities={classes}, and the training set has {known}: '
                f'set model.head.losses.<name>.num_identities={known}'
            )

    def forward(self, batch: PairBatch, memories: Mapping[str, Any]) -> Tensor:
        """Average the cross entropies; 0 with a gradient of 0 where no identity is known."""
        labels = batch.labels['image']
        total = sum(
            F.cross_entropy(
                self.classifier(batch.features[m]), labels, ignore_index=-1, reduction='sum'
            )
            for m in ('image', 'text')
        )
        return total / (2 * (labels >= 0).sum().clamp(min=1))
