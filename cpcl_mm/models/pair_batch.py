"""A batch of image-caption pairs, as losses and memories read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from cpcl_mm.utils.named import Named

Tensors = Mapping[str, Tensor]
_NAMED = ('features', 'index', 'labels', 'weights', 'flags')


@dataclass(frozen=True)
class PairBatch:
    """The pairs of all ranks, by name.

    Row i of every tensor belongs to pair i: image i, its caption, their labels. In a batch of
    images alone the captions are missing, and their labels are -1.

    Attributes:
        features: L2-normalized features ``image`` and ``text`` (B, D) and what else the model
            makes of its inputs, such as ``masked_text`` (B, D) or ``image_tokens`` (B, P, D); and,
            unchanged, the inputs that no tower encodes, such as ``masked_labels`` (B, L).
        index: Int64 (B,), numbers of images (``image``) and captions (``text``) in the data set,
            -1 where there is none.
        labels: Int64 (B,), pseudo labels of ``image`` and ``text``, -1 for outliers.
        weights: Float (B,), confidences in [0, 1] of the labels, by modality; a modality without
            an entry has labels of full confidence.
        flags: Bool (B,), labels that were mined, by modality, where a labeller says so.
        has_labels: Whether the run has labels yet; without, no pair counts as an outlier.
    """

    features: Tensors
    index: Tensors
    labels: Tensors
    weights: Tensors = field(default_factory=dict)
    flags: Tensors = field(default_factory=dict)
    has_labels: bool = True

    def __post_init__(self) -> None:
        for name in _NAMED:
            things: Tensors = Named(f'entry of the {name} of a batch', getattr(self, name))
            object.__setattr__(self, name, things)

    def __len__(self) -> int:
        return len(self.index['image'])

    def matches(self, modalities: Sequence[str] | None = None) -> Tensor:
        """Say which images and captions belong together, bool (B, B).

        The same image does, and the same cluster in any of the modalities whose labels decide:
        ``()`` for none, by default all. An outlier matches its own image only: -1 equals nothing.
        """
        names = self.labels if modalities is None else modalities
        same = _equal(self.index['image'])
        for name in names:
            same = same | _equal(self.labels[name])
        return same

    def labelled(self) -> 'PairBatch':
        """Leave out the pairs that are outliers in every modality, once there are labels."""
        if not self.has_labels:
            return self
        return self.select(torch.stack([x >= 0 for x in self.labels.values()]).any(0))

    def select(self, kept: Tensor) -> 'PairBatch':
        """Take some pairs, by bool (B,) or int64 (B',)."""
        cut: dict[str, Any] = {
            name: {key: x[kept] for key, x in vars(self)[name].items()} for name in _NAMED
        }
        return replace(self, **cut)


def _equal(x: Tensor) -> Tensor:
    """Bool (B, B): the same number, where -1 equals nothing."""
    return (x[:, None] == x[None, :]) & (x >= 0)[:, None]
