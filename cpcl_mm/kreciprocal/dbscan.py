"""DBSCAN on a sparse graph, with scikit-learn's numbering of clusters."""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from .jaccard import DistanceGraph

_HELD_PER_NODE = 32
# Weights such as thirds must make the same core points in whatever order they are added up.
_TOLERANCE = 1e-9


class GrowingDBSCAN:
    """DBSCAN on a graph whose edges join the pairs within eps, and which comes in parts.

    A core point has at least ``min_samples`` points (or their weight) around it, itself included.
    Core points that are joined form a cluster; clusters are numbered by their smallest core index.
    A border point takes the smallest label among its core neighbors. These are the labels of
    ``sklearn.cluster.DBSCAN``.

    The graph need not fit into memory: edges that can decide nothing more are dropped on the way.
    Beside one part, memory is O(N min_samples), however many edges there are.

    Args:
        num_nodes (int): Number of points N.
        min_samples (int): Least number of points, or least weight, around a core point.
        sample_weights (np.ndarray, optional): (N,) weight of each point, at least 0. Defaults to
            None: 1 each.
    """

    def __init__(
        self, num_nodes: int, min_samples: int, sample_weights: np.ndarray | None = None
    ) -> None:
        ones = np.ones(num_nodes)
        self._weights = ones if sample_weights is None else sample_weights.astype(np.float64)
        self._density = self._weights.copy()
        self._pairs: list[np.ndarray] = [np.empty((2, 0), dtype=np.int32)]
        self._held = 0
        self._limit = _HELD_PER_NODE * num_nodes
        self._least = min_samples - _TOLERANCE

    def add(self, part: DistanceGraph) -> None:
        """Take in some of the pairs within eps, in any order; distances are not looked at."""
        np.add.at(self._density, part.rows, self._weights[part.columns])
        np.add.at(self._density, part.columns, self._weights[part.rows])
        self._pairs.append(np.stack([part.rows, part.columns]))
        self._held += len(part.rows)
        if self._held > self._limit:
            pairs = _thin_out(self._join_pairs(), self._density >= self._least)
            self._pairs, self._held = [pairs], pairs.shape[1]
            self._limit = max(self._limit, 2 * self._held)

    def merge(self, other: 'GrowingDBSCAN') -> None:
        """Take in all that another one of the same points has, of pairs that this one lacks."""
        self._density += other._density - other._weights
        self._pairs.append(other._join_pairs())

    def labels(self) -> np.ndarray:
        """Give the (N,) int64 labels, -1 for outliers, once all pairs are in."""
        core = self._density >= self._least
        labels = np.full(len(core), -1, dtype=np.int64)
        pairs = self._join_pairs()
        first, inverse = _components(pairs, core)
        labels[core] = np.argsort(np.argsort(first))[inverse]
        _label_borders(pairs, core, labels)
        return labels

    def _join_pairs(self) -> np.ndarray:
        """Give all pairs, (2, M) int32, and keep them as one array."""
        self._pairs = [np.concatenate(self._pairs, axis=1)]
        return self._pairs[0]


def _components(pairs: np.ndarray, core: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the connected components of the core points.

    Gives for each component the position of its first member among the core points, and for each
    core point its component.
    """
    joined = pairs[:, core[pairs].all(axis=0)]
    ones = np.ones(joined.shape[1], dtype=np.int8)
    adjacency = sparse.coo_matrix((ones, tuple(joined)), shape=(len(core), len(core)))
    _, component = connected_components(adjacency, directed=False)
    _, first, inverse = np.unique(component[core], return_index=True, return_inverse=True)
    return first, inverse


def _thin_out(pairs: np.ndarray, core: np.ndarray) -> np.ndarray:
    """Replace the edges among points known to be core by as few that join the same points.

    What else is left touches a point that is not core so far, which has few edges.
    """
    members = np.flatnonzero(core).astype(np.int32)
    first, inverse = _components(pairs, core)
    stars = np.stack([members[first][inverse], members])
    return np.concatenate(
        [pairs[:, ~core[pairs].all(axis=0)], stars[:, stars[0] != stars[1]]], axis=1
    )


def _label_borders(pairs: np.ndarray, core: np.ndarray, labels: np.ndarray) -> None:
    """Give every border point the smallest label among its core neighbors."""
    ends, others = np.concatenate([pairs, pairs[::-1]], axis=1)
    border = ~core[ends] & core[others]
    nearest = np.full(len(labels), len(labels), dtype=np.int64)
    np.minimum.at(nearest, ends[border], labels[others[border]])
    reached = nearest < len(labels)
    labels[reached] = nearest[reached]
