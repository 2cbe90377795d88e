"""DBSCAN on a sparse graph, with scikit-learn's numbering of clusters."""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from .graph import DistanceGraph


def dbscan(
    graph: DistanceGraph, min_samples: int, sample_weights: np.ndarray | None = None
) -> np.ndarray:
    """Cluster the nodes of a graph whose edges join the pairs within eps.

    A core point has at least ``min_samples`` points (or their weight) around it, itself included.
    Core points that are joined form a cluster; clusters are numbered by their smallest core index.
    A border point takes the smallest label among its core neighbours.

    Args:
        graph: All pairs within eps; the distances are not looked at.
        min_samples: Least number of points, or least weight, around a core point.
        sample_weights: (N,) weight of each point, 1 by default.

    Returns:
        (N,) int64 labels, -1 for outliers; the same as ``sklearn.cluster.DBSCAN`` gives.
    """
    total = graph.num_nodes
    weights = np.ones(total) if sample_weights is None else np.asarray(sample_weights, np.float64)
    density = (
        weights
        + np.bincount(graph.rows, weights[graph.columns], total)
        + np.bincount(graph.columns, weights[graph.rows], total)
    )
    core = density >= min_samples
    labels = np.full(total, -1, dtype=np.int64)
    labels[core] = _number_components(graph, core)
    _label_borders(graph, core, labels)
    return labels


def _number_components(graph: DistanceGraph, core: np.ndarray) -> np.ndarray:
    """Label the core points by their component, in the order of the smallest index."""
    inner = core[graph.rows] & core[graph.columns]
    adjacency = sparse.coo_matrix(
        (inner[inner], (graph.rows[inner], graph.columns[inner])),
        shape=(graph.num_nodes, graph.num_nodes),
    )
    _, component = connected_components(adjacency, directed=False)
    _, first, inverse = np.unique(component[core], return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def _label_borders(graph: DistanceGraph, core: np.ndarray, labels: np.ndarray) -> None:
    """Give every border point the smallest label among its core neighbours."""
    ends = np.concatenate([graph.rows, graph.columns])
    others = np.concatenate([graph.columns, graph.rows])
    border = ~core[ends] & core[others]
    nearest = np.full(len(labels), len(labels), dtype=np.int64)
    np.minimum.at(nearest, ends[border], labels[others[border]])
    reached = nearest < len(labels)
    labels[reached] = nearest[reached]
