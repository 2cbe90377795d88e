"""HDBSCAN on the k-reciprocal Jaccard distance."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import HDBSCAN

from cpcl_mm.registry import TASK_UTILS

from ..graph import TOLERANCE, DistanceGraph
from .jaccard_clusterer import JaccardClusterer

_MOST_EDGES_PER_SAMPLE = 256
# Distances that are equal get ranks in units of this, so that no sorting can mix them up.
_TIE = 2.0**-50


@TASK_UTILS.register_module()
class JaccardHDBSCAN(JaccardClusterer):
    """scikit-learn's HDBSCAN on the k-reciprocal Jaccard distance: clusters of varying density.

    Pairs farther apart than ``max_distance`` count as having nothing in common (distance 1); most
    pairs have. Labels are the same for any number of threads and ranks. A permutation of the
    samples may move points where distances are equal, for HDBSCAN's tree is not unique then.

    Memory grows with the pairs within ``max_distance``, by about 100 bytes each.

    Args:
        k1 (int): As for :class:`.JaccardClusterer`. Defaults to 30.
        k2 (int): As for :class:`.JaccardClusterer`. Defaults to 6.
        max_distance (float): Farthest pair that is looked at, between 0 and 1. Defaults to 0.8.
        min_cluster_size (int): Least number of samples in a cluster, from 2. Defaults to 4.
        min_samples (int, optional): Samples around a sample, itself included, that its core
            distance reaches to: more make more outliers. Defaults to None: ``min_cluster_size``.
        selection (str): ``'eom'``, the most stable clusters, or ``'leaf'``, the finest. Defaults to
            ``'eom'``.
        **settings: Others of :class:`.JaccardClusterer`.

    Raises:
        ValueError: If a setting is out of its range.

    Examples:
        >>> import numpy as np
        >>> from cpcl_mm.kreciprocal import JaccardHDBSCAN
        >>> features = np.repeat(np.eye(3, 8, dtype=np.float32), [5, 5, 1], axis=0)  # (11, 8)
        >>> JaccardHDBSCAN(k1=5, k2=1, backend='cpu')(features).labels.tolist()
        [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, -1]
    """

    stage = 'hdbscan'

    def __init__(
        self,
        k1: int = 30,
        k2: int = 6,
        max_distance: float = 0.8,
        min_cluster_size: int = 4,
        min_samples: int | None = None,
        selection: str = 'eom',
        **settings: Any,
    ) -> None:
        if not 0 < max_distance < 1:
            raise ValueError(
                f'max_distance must lie strictly between 0 and 1, the range of Jaccard distances, '
                f'got {max_distance}.'
            )
        if min_cluster_size < 2:
            raise ValueError(f'min_cluster_size must be at least 2, got {min_cluster_size}.')
        if min_samples is not None and min_samples < 1:
            raise ValueError(
                f'min_samples must be at least 1 (the sample itself), or None, got {min_samples}.'
            )
        if selection not in ('eom', 'leaf'):
            raise ValueError(f'selection must be one of eom, leaf, got {selection!r}.')
        super().__init__(k1, k2, max_distance, **settings)
        self.min_cluster_size = min_cluster_size
        self.min_samples = min_samples or min_cluster_size
        self.selection = selection

    def label(
        self, parts: Iterable[DistanceGraph], num_nodes: int, weights: np.ndarray | None
    ) -> np.ndarray:
        """Join the graph and cluster it; refuse sample weights, and more pairs than can be held."""
        if weights is not None:
            raise ValueError(
                'HDBSCAN takes no sample weights: use JaccardDBSCAN, or weigh_images=False.'
            )
        graph = self._join(parts, num_nodes)
        return hdbscan(graph, self.min_cluster_size, self.min_samples, self.selection)

    def _join(self, parts: Iterable[DistanceGraph], num_nodes: int) -> DistanceGraph:
        """Join the parts of the graph, unless they are too many."""
        held, pairs = [], 0
        for part in parts:
            held.append((part.rows, part.columns, part.distances))
            pairs += len(part.rows)
            if pairs > _MOST_EDGES_PER_SAMPLE * num_nodes:
                raise ValueError(
                    f'more than {_MOST_EDGES_PER_SAMPLE} pairs a sample lie within '
                    f'max_distance={self.max_distance}: the features may have collapsed; else '
                    'lower max_distance, or use JaccardDBSCAN, which need not hold them all.'
                )
        return DistanceGraph(num_nodes, *map(np.concatenate, zip(*held, strict=True)))


def hdbscan(
    graph: DistanceGraph, min_cluster_size: int, min_samples: int, selection: str = 'eom'
) -> np.ndarray:
    """Cluster the nodes of a graph, with pairs that are not in it at distance 1.

    scikit-learn refuses a graph in pieces, and points with fewer neighbors than ``min_samples``.
    So mutual reachability distances are computed here: a point with too few neighbors reaches
    nobody, and pieces smaller than ``min_cluster_size`` are outliers, for they can be no cluster.
    The others are joined at distance 1, as far as any two of their points are from each other, and
    scikit-learn does the rest. As always with HDBSCAN, all points together are no cluster. Clusters
    are numbered by their smallest index.
    """
    reach = _mutual_reachability(graph, min_samples)
    _, piece = connected_components(reach, directed=False)
    large = np.bincount(piece, minlength=1) >= min_cluster_size
    members = np.flatnonzero(large[piece])
    labels = np.full(graph.num_nodes, -1, dtype=np.int64)
    if len(members) == 0:
        return labels
    joined = _join_pieces(reach[members][:, members], piece[members])
    # With one sample each core distance is that of the nearest neighbor: distances stay.
    model = HDBSCAN(
        min_cluster_size=min_cluster_size,
        min_samples=1,
        metric='precomputed',
        cluster_selection_method=selection,
        copy=False,
    )
    labels[members] = model.fit_predict(joined)
    return _by_smallest_index(labels)


def _mutual_reachability(graph: DistanceGraph, min_samples: int) -> sparse.csr_matrix:
    """Give the larger of each pair's distance and both core distances, where those are known."""
    core = _core_distances(graph, min_samples)
    distances = np.maximum(graph.distances, np.maximum(core[graph.rows], core[graph.columns]))
    known = np.isfinite(distances)
    # A distance of 0 would be no edge to SciPy.
    distances = np.maximum(distances[known], TOLERANCE).astype(np.float64)
    pairs = (graph.rows[known], graph.columns[known])
    return sparse.csr_matrix((distances, pairs), shape=(graph.num_nodes, graph.num_nodes))


def _core_distances(graph: DistanceGraph, min_samples: int) -> np.ndarray:
    """Distance of each point to its ``min_samples``-th nearest, itself included; else infinite."""
    ends = np.concatenate([graph.rows, graph.columns, np.arange(graph.num_nodes)])
    distances = np.concatenate([graph.distances, graph.distances, np.full(graph.num_nodes, -1)])
    order = np.lexsort((distances, ends))
    counts = np.bincount(ends, minlength=graph.num_nodes)
    place = np.cumsum(counts) - counts + min_samples - 1
    core = np.full(graph.num_nodes, np.inf, dtype=np.float32)
    enough = counts >= min_samples
    core[enough] = distances[order[place[enough]]]
    return core


def _join_pieces(reach: sparse.csr_matrix, piece: np.ndarray) -> sparse.csr_matrix:
    """Join the first points of all pieces, and make distances differ and the matrix symmetric."""
    edges = reach.tocoo()
    _, first = np.unique(piece, return_index=True)
    rows = np.concatenate([edges.row, np.full(len(first) - 1, first[0])])
    columns = np.concatenate([edges.col, first[1:]])
    distances = np.concatenate([edges.data, np.ones(len(first) - 1)])
    distances[np.lexsort((columns, rows, distances))] += _TIE * np.arange(len(distances))
    upper = sparse.csr_matrix((distances, (rows, columns)), shape=reach.shape)
    return (upper + upper.T).tocsr()


def _by_smallest_index(labels: np.ndarray) -> np.ndarray:
    """Give numbers to clusters by their first point."""
    clusters, first = np.unique(labels, return_index=True)
    number = np.full(len(clusters), -1)
    real = clusters >= 0
    number[real] = np.argsort(np.argsort(first[real]))
    return number[np.searchsorted(clusters, labels)]
