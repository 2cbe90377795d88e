"""Contrast of features with the prototypes of memories."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from cpcl_mm.registry import MODELS

from ..pair_batch import PairBatch
from .batch_loss import BatchLoss


@MODELS.register_module()
class PrototypeLoss(BatchLoss):
    r"""Pull features to the prototypes of their labels, away from all others.

    The contrast of a feature :math:`f` with label :math:`k` and the prototypes :math:`M` is
    cluster contrast's (arXiv 2103.11568), :math:`-\log \mathrm{softmax}(f M^T / \tau)_k`: the mean
    over the labelled features, each weighted by the confidence of its label where there is one.
    The loss is the sum over ``pairs`` of a feature and a memory. The label is the one that the
    memory follows, so that CPCL's terms (arXiv 2401.10011) are

    - ``[('image', 'image'), ('text', 'text')]`` within the modalities;
    - ``[('text', 'image'), ('image', 'text')]`` across them: a caption meets the prototypes of
      images by the label of its image, and the other way round, so the two label spaces are never
      aligned.

    Args:
        pairs (Sequence[tuple[str, str]]): Names of a feature and of a memory with ``prototypes``
            and the modality of its ``labels``, such as :class:`PrototypeMemory`.
        temperature (float): :math:`\tau`. Defaults to 0.05, as in this family of methods; CPCL's
            own is not published.
        **kwargs: ``loss_weight`` and ``start_epoch`` of :class:`BatchLoss`.

    Raises:
        ValueError: If there are no pairs, or the temperature is not positive.
    """

    def __init__(
        self, pairs: Sequence[tuple[str, str]], temperature: float = 0.05, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not pairs:
            raise ValueError(
                "pairs is empty: name a feature and a memory, such as ('image', 'image')"
            )
        if temperature <= 0:
            raise ValueError(f'temperature must be positive, not {temperature}')
        self.pairs = [(feature, memory) for feature, memory in pairs]
        self.memories = tuple(memory for _, memory in self.pairs)
        self.temperature = temperature

    def forward(self, batch: PairBatch, memories: Mapping[str, Any]) -> Tensor:
        """Sum the contrasts; 0 with a gradient of 0 where nothing has a label."""
        first, *others = (self._contrast(batch, f, memories[m]) for f, m in self.pairs)
        return sum(others, start=first)

    def _contrast(self, batch: PairBatch, name: str, memory: Any) -> Tensor:
        weights = batch.weights.get(memory.labels)
        return prototype_contrast(
            batch.features[name],
            memory.prototypes,
            batch.labels[memory.labels],
            self.temperature,
            weights,
        )


def prototype_contrast(
    features: Tensor,
    prototypes: Tensor,
    labels: Tensor,
    temperature: float,
    weights: Tensor | None = None,
) -> Tensor:
    """Contrast features (B, D) with prototypes (K, D), see :class:`PrototypeLoss`.

    Both have unit length, and K may be 0. Labels (B,) lie below K; -1 takes no part. ``weights``
    (B,) are the shares of features in the mean. Without any label it is 0 with a gradient of 0.
    Raises ValueError if features and prototypes differ in D.
    """
    if len(prototypes) == 0:
        return features.sum() * 0.0
    if features.shape[1] != prototypes.shape[1]:
        raise ValueError(
            f'features of size {features.shape[1]} meet prototypes of size {prototypes.shape[1]}: '
            'bring images and captions to one size by image_neck or text_neck, and cluster with '
            'the model that is trained'
        )
    logits = features @ prototypes.T / temperature
    # Outliers are masked, not cut out: to know their number the host would wait for the GPU.
    if weights is None:
        total = F.cross_entropy(logits, labels, ignore_index=-1, reduction='sum')
        return total / (labels >= 0).sum().clamp(min=1)
    shares = weights * (labels >= 0)
    losses = F.cross_entropy(logits, labels, ignore_index=-1, reduction='none')
    return (losses * shares).sum() / shares.sum().clamp(min=1e-12)
