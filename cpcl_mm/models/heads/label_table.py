"""Pseudo labels of the whole training set, on the device of the model."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from cpcl_mm.pseudo_labels import Labels

Named = dict[str, Tensor]
Kinds = dict[str, Named]


class LabelTable:
    """Labels, their weights and flags, looked up by the numbers of samples.

    Args:
        kinds (dict[str, dict[str, Tensor]], optional): ``labels`` int64, ``weights`` float and
            ``flags`` bool, each a dict of (N,) by modality. Defaults to None: there are none yet.
    """

    FILL = {'labels': -1, 'weights': 0.0, 'flags': False}
    """What a sample has that is not there, such as the caption of an image alone."""

    def __init__(self, kinds: Kinds | None = None) -> None:
        self.kinds: Kinds = kinds or {kind: {} for kind in self.FILL}

    @classmethod
    def of(cls, labels: Labels, device: torch.device) -> 'LabelTable':
        """Put the labels of an epoch on a device."""
        kinds = {'labels': labels.of, 'weights': labels.confidence, 'flags': labels.mined}
        return cls(_each(kinds, lambda kind, m, x: torch.tensor(x, device=device)))

    @property
    def labels(self) -> Named:
        """Int64 (N,) by modality, -1 for outliers; empty before the first labels."""
        return self.kinds['labels']

    def to(self, device: torch.device) -> 'LabelTable':
        """Give the same table on another device."""
        return LabelTable(_each(self.kinds, lambda kind, m, x: x.to(device)))

    def check(self, index: Mapping[str, Tensor]) -> None:
        """Refuse samples that have no label.

        ``index`` is int64 (B,) by modality, on the host: on a GPU the question would wait for all
        work before it.
        """
        for modality, labels in self.labels.items():
            largest = int(index[modality].max())
            if largest >= len(labels):
                raise ValueError(
                    f'{modality} {largest} of the data set has no pseudo label: there are '
                    f'{len(labels)}, so they belong to another data set than this run trains on'
                )

    def look_up(self, index: Mapping[str, Tensor]) -> Kinds:
        """Find what a batch has, (B,) as in ``kinds``; ``index`` is -1 where there is no sample.

        Labels are there of every modality, -1 for all before the first ones.
        """
        found = _each(
            self.kinds, lambda kind, m, x: torch.where(index[m] >= 0, x[index[m]], self.FILL[kind])
        )
        missing = {m: torch.full_like(x, -1) for m, x in index.items()}
        found['labels'] = {**missing, **found['labels']}
        return found


def _each(kinds: Mapping[str, Mapping[str, Any]], make: Callable[[str, str, Any], Tensor]) -> Kinds:
    """Make a tensor of each entry, by its kind and modality."""
    return {kind: {m: make(kind, m, x) for m, x in named.items()} for kind, named in kinds.items()}
