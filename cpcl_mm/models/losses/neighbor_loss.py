"""Distribution matching with remembered neighbors that join the batch."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from cpcl_mm.pseudo_labels import Labels
from cpcl_mm.registry import MODELS

from ..pair_batch import PairBatch
from .batch_loss import BatchLoss
from .sdm_loss import divergence


@MODELS.register_module()
class NeighborLoss(BatchLoss):
    r"""Global identity association of DGCMIA (ACM MM 2025): neighbors from instance memories.

    For image i its ``neighbors`` most similar remembered images, itself left out, whose similarity
    exceeds ``threshold``, join the batch with their remembered captions. Row i and the rows that
    joined for it match each other; what row i has for the n-th of them is
    :math:`1 - \mathrm{softmax}(1, s_1, s_2, \dots)_n` of the similarities :math:`s`, all else
    is 1. The target of a row is the softmax over these numbers, and the loss is the divergence
    of :class:`SDMLoss` over the larger batch, the mean of both directions; DGCMIA sums them: a
    ``loss_weight`` of 2. The image is the anchor: DGCMIA finds that neighbors of captions hurt.

    The instance memories are prototype memories whose labels number the images: the labeller is
    :class:`~cpcl_mm.pseudo_labels.Instances`, and ``PrototypeMemory(momentum=0.1)`` keeps
    :math:`0.9 f_{new} + 0.1 f_{old}`, DGCMIA's. The loss is 0 before they are filled.

    Args:
        neighbors (int): Neighbors of an image. Defaults to 3, DGCMIA's.
        threshold (float): Least similarity. Defaults to 0.7, DGCMIA's.
        temperature (float): Of the similarities. Defaults to 0.02.
        **kwargs: ``loss_weight`` and ``start_epoch`` of :class:`BatchLoss`.
    """

    memories = ('image', 'text')

    def __init__(
        self,
        neighbors: int = 3,
        threshold: float = 0.7,
        temperature: float = 0.02,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.neighbors, self.threshold, self.temperature = neighbors, threshold, temperature

    def check_labels(self, labels: Labels) -> None:
        """Refuse images without a memory, see :meth:`BatchLoss.check_labels`."""
        if (labels.of['image'] < 0).any():
            raise ValueError(
                'NeighborLoss needs a label of every image, and the labeller leaves outliers: use '
                "labeller=dict(type='Instances')"
            )

    def forward(self, batch: PairBatch, memories: Mapping[str, Any]) -> Tensor:
        """Compute the loss; 0 with a gradient of 0 before the memories are filled."""
        image, text = batch.features['image'], batch.features['text']
        seen = [memories[m].prototypes for m in self.memories]
        if len(seen[0]) == 0:
            return (image.sum() + text.sum()) * 0.0
        similarity, found = self._search(image.detach(), seen[0], batch.labels['image'])
        near = similarity > self.threshold
        joined = found[near]
        logits = torch.cat([image, seen[0][joined]]) @ torch.cat([text, seen[1][joined]]).T
        logits = logits / self.temperature
        targets = _targets(similarity, near)
        both = [divergence(x, targets, eps=1e-6).mean() for x in (logits, logits.T)]
        return (both[0] + both[1]) / 2

    def _search(self, image: Tensor, seen: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
        """Find similarities and numbers (B, K) of the most similar images but the own one."""
        similarity = image @ seen.T
        similarity = similarity.scatter(1, own[:, None], -torch.inf)
        found = similarity.topk(min(self.neighbors, len(seen)), dim=1)
        return found.values, found.indices


def _targets(similarity: Tensor, near: Tensor) -> Tensor:
    """Exponentials of what rows have for each other, 0 without a match: (B + J, B + J).

    From the similarities (B, K) of the neighbors of each image, J of which join.
    """
    number = len(near)
    anchors = torch.arange(number, device=near.device)
    owners = torch.cat([anchors, anchors[:, None].expand_as(near)[near]])
    same = owners[:, None] == owners[None, :]
    scores = torch.cat([torch.ones_like(similarity[:, :1]), similarity], 1)
    kept = torch.cat([torch.ones_like(near[:, :1]), near], 1)
    weights = 1 - scores.masked_fill(~kept, -torch.inf).softmax(1)[:, 1:]
    shares = torch.ones_like(same, dtype=similarity.dtype)
    rows = owners[number:]
    columns = torch.arange(number, len(owners), device=near.device)
    shares[rows, columns] = weights[near]
    return shares.exp() * same
