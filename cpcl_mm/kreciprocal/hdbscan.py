"""HDBSCAN on a sparse graph: scikit-learn's, made to take a graph in several pieces."""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import HDBSCAN

from .graph import TOLERANCE, DistanceGraph

# Distances that are equal get ranks in units of this, so that no sorting can mix them up.
_TIE = 2.0**-50


def hdbscan(
    graph: DistanceGraph, min_cluster_size: int, min_samples: int, selection: str = 'eom'
) -> np.ndarray:
    """Cluster the nodes of a graph, with pairs that are not in it at distance 1.

    scikit-learn refuses a graph in pieces, and points with fewer neighbors than ``min_samples``.
    So mutual reachability distances are computed here: a point with too few neighbors reaches
    nobody, and pieces smaller than ``min_cluster_size`` are outliers, for they can be no cluster.
    The others are joined at distance 1, as far as any two of their points are from each other, and
    scikit-learn does the rest. As always with HDBSCAN, all points together are no cluster.

    Args:
        graph: Close pairs, at distances below 1.
        min_cluster_size: Least number of points in a cluster, from 2.
        min_samples: Points around a point, itself included, that its core distance reaches to.
        selection: How clusters are chosen from the tree, ``'eom'`` or ``'leaf'``.

    Returns:
        (N,) int64 labels, -1 for outliers; clusters are numbered by their smallest index.
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
