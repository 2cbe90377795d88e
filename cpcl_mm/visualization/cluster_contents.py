"""What a picture of clusters shows: which clusters, which members, what is to be said of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cpcl_mm.pseudo_labels.quality import majority_identities

OUTLIERS = -1


@dataclass(frozen=True)
class LabelledSamples:
    """Pseudo labels of one modality, beside what is known about its samples."""

    labels: np.ndarray  # (N,) int64, -1 for outliers
    mined: np.ndarray  # (N,) bool, samples that got their label by mining
    identities: np.ndarray  # (N,) int64, -1 where unknown

    @cached_property
    def majority(self) -> np.ndarray:
        """(K,) int64, the identity that most samples of each cluster have; -1 if none is known."""
        known = (self.labels >= 0) & (self.identities >= 0)
        num_clusters = int(self.labels.max(initial=-1)) + 1
        return majority_identities(self.labels[known], self.identities[known], num_clusters)

    @cached_property
    def strangers(self) -> np.ndarray:
        """(N,) bool, samples whose identity is known not to be their cluster's majority."""
        strangers = (self.labels >= 0) & (self.identities >= 0)
        strangers[strangers] = self.majority[self.labels[strangers]] != self.identities[strangers]
        return strangers

    def members(self, cluster: int) -> np.ndarray:
        """Give indices of the samples with a label, ascending."""
        return np.flatnonzero(self.labels == cluster)

    def purity(self, cluster: int) -> float | None:
        """Share of a cluster's samples with its majority identity; None where unknown."""
        members = self.members(cluster)
        known = members[self.identities[members] >= 0]
        if cluster == OUTLIERS or len(known) == 0:
            return None
        return 1 - float(self.strangers[known].mean())

    def pick(self, indices: np.ndarray, number: int) -> list[int]:
        """Choose samples to draw, evenly spread: the plain ones first, then strangers, then mined.

        Mined ones and strangers, where there are any, get half of the places or what the plain
        ones leave free.
        """
        marked = self.mined[indices] | self.strangers[indices]
        plain, special = indices[~marked], indices[marked]
        special = spread(special, max(number // 2, number - len(plain)))
        special = sorted(special, key=lambda index: (self.mined[index], self.strangers[index]))
        return [*spread(plain, number - len(special)), *special]


def group_by_cluster(captions: np.ndarray, labels: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Group captions by their text cluster: cluster and captions, largest first, outliers last."""
    groups = [
        (int(cluster), captions[labels[captions] == cluster])
        for cluster in np.unique(labels[captions])
    ]
    return sorted(groups, key=lambda group: (group[0] == OUTLIERS, -len(group[1])))


def choose_clusters(labels: np.ndarray, number: int) -> list[int]:
    """Choose at most so many clusters, evenly spread from the largest to the smallest."""
    clusters, sizes = np.unique(labels[labels >= 0], return_counts=True)
    return spread(clusters[np.argsort(-sizes, kind='stable')], number)


def spread(items: np.ndarray | Sequence, number: int) -> list:
    """Take a number of items, evenly spread from the first to the last."""
    places = np.linspace(0, len(items) - 1, min(number, len(items))).round().astype(int)
    return [items[place] for place in places]
