"""Pseudo labels, by modality."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

Arrays = Mapping[str, np.ndarray]
MODALITIES = ('image', 'text')
_DTYPES = {'of': np.int64, 'mined': np.bool_, 'confidence': np.float32, 'before': np.int64}


@dataclass(frozen=True)
class Labels:
    """Pseudo labels of the training set, and what a labeller knows about them.

    The label spaces of the modalities are independent of each other.

    Attributes:
        of: (N,) int64 by modality, ``'image'`` and ``'text'``: 0..K-1, or -1 for outliers.
        mined: (N,) bool by modality, samples that were outliers and got a label by mining.
        confidence: (N,) float32 in [0, 1] by modality: how far a label is to be trusted, which
            losses and memories weigh it by. A modality without an entry is trusted fully.
        before: (N,) int64 by modality, the labels before they were refined, for reports.
        seconds: Wall-clock seconds of each stage, for reports.

    Raises:
        TypeError: If something is no array.
        ValueError: If an array does not fit, or is of no known modality.
    """

    of: Arrays
    mined: Arrays = field(default_factory=dict)
    confidence: Arrays = field(default_factory=dict)
    before: Arrays = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.of) - set(MODALITIES))
        if unknown:
            raise ValueError(f'labels are of {MODALITIES}, not of {unknown}')
        for kind, dtype in _DTYPES.items():
            for modality, values in getattr(self, kind).items():
                name = f'{"labels" if kind == "of" else kind} of {modality!r}'
                _check(name, values, dtype, self.of.get(modality))
        for modality, values in self.of.items():
            if values.ndim != 1 or values.min(initial=-1) < -1:
                raise ValueError(
                    f'labels of {modality!r} must be (N,), -1 for outliers and 0..K-1, not '
                    f'{values.shape} from {values.min(initial=-1)} on'
                )
        for modality, values in self.confidence.items():
            if not ((values >= 0) & (values <= 1)).all():
                raise ValueError(f'confidence of {modality!r} must lie in [0, 1]')

    def num_clusters(self, modality: str) -> int:
        """Give K, the largest label and 1."""
        return int(self.of[modality].max(initial=-1)) + 1

    def check(self, samples_by_modality: Mapping[str, int]) -> None:
        """Refuse labels of another number of samples by a ValueError."""
        for modality, labels in self.of.items():
            wanted = samples_by_modality[modality]
            if len(labels) != wanted:
                raise ValueError(
                    f'{len(labels)} labels of {modality!r}, but there are {wanted} samples'
                )

    def without_gaps(self) -> 'Labels':
        """Renumber the clusters so that each number from 0 to K-1 has a sample; their order stays.

        A number that no sample has would be a prototype of zeros in every contrast.
        """
        of, before = dict(self.of), dict(self.before)
        for modality, labels in self.of.items():
            old = before.get(modality, labels)
            used = np.unique(labels[labels >= 0])
            if len(used) == self.num_clusters(modality):
                continue
            # Clusters that refinement has emptied still count in `before`: behind the others.
            emptied = np.setdiff1d(old[old >= 0], used)
            kept = np.concatenate([used, emptied])
            of[modality] = _renumbered(labels, kept)
            if modality in before:
                before[modality] = _renumbered(old, kept)
        return Labels(of, self.mined, self.confidence, before, self.seconds)


def _renumbered(labels: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Give each label its place in ``kept``, which holds all of them; -1 stays."""
    # By search, not by a table: numbers of one's own may be as large as they like.
    order = np.argsort(kept)
    places = order[np.searchsorted(kept[order], labels[labels >= 0])]
    result = np.full(len(labels), -1, dtype=np.int64)
    result[labels >= 0] = places
    return result


def _check(name: str, values: np.ndarray, dtype: type, labels: np.ndarray | None) -> None:
    """Refuse what is no array of a type, or has another shape than the labels."""
    if not isinstance(values, np.ndarray):
        raise TypeError(f'{name} must be a NumPy array, not {type(values).__name__}')
    if values.dtype != dtype:
        raise ValueError(f'{name} must be {np.dtype(dtype)}, not {values.dtype}')
    shape = None if labels is None else labels.shape
    if values.shape != shape:
        raise ValueError(f'{name} has shape {values.shape}, but the labels have {shape}')
