"""Clustering with N x N arrays, the way it is usually written: what the benchmark compares with."""

import faiss
import numpy as np
from sklearn.cluster import DBSCAN

BYTES_PER_PAIR = 10
"""Peak memory for each of the N x N pairs: two arrays of weights, or weights and distances."""


def dense_labels(
    features: np.ndarray, k1: int = 30, k2: int = 6, eps: float = 0.6, min_samples: int = 4
) -> np.ndarray:
    """Cluster by the k-reciprocal Jaccard distance (arXiv:1701.08398) and scikit-learn's DBSCAN.

    Args:
        features (np.ndarray): Float32 (N, D), rows of unit length.
        k1 (int): Neighbors of a point, itself included.
        k2 (int): Neighbors over which encodings are averaged.
        eps (float): Largest distance between neighbors in a cluster.
        min_samples (int): Least number of points within eps of a core point.

    Returns:
        np.ndarray: Labels (N,), -1 for outliers.
    """
    rank = faiss.knn(features, features, k1, metric=faiss.METRIC_INNER_PRODUCT)[1]
    weights = _encode(features, rank, round(rank.shape[1] / 2) + 1)
    if k2 > 1:
        averaged = np.empty_like(weights)
        for row, near in enumerate(rank):
            averaged[row] = weights[near[:k2]].mean(axis=0)
        weights = averaged
    distances = _distances(weights)
    del weights
    return DBSCAN(eps=eps, min_samples=min_samples, metric='precomputed').fit_predict(distances)


def _reciprocal(rank: np.ndarray, row: int, columns: int) -> np.ndarray:
    """Neighbors of a row that have it among their own."""
    near = rank[row, :columns]
    return near[(rank[near, :columns] == row).any(axis=1)]


def _encode(features: np.ndarray, rank: np.ndarray, half: int) -> np.ndarray:
    """Softmax weights over each row's expanded reciprocal set, (N, N)."""
    weights = np.zeros((len(rank), len(rank)), dtype=np.float32)
    for row in range(len(rank)):
        own = _reciprocal(rank, row, rank.shape[1])
        parts = [own]
        for member in own:
            near = _reciprocal(rank, member, half)
            if 3 * len(np.intersect1d(near, own)) > 2 * len(near):
                parts.append(near)
        members = np.unique(np.concatenate(parts))
        weight = np.exp(2 * (features[members] @ features[row]) - 2)
        weights[row, members] = weight / weight.sum()
    return weights


def _distances(weights: np.ndarray) -> np.ndarray:
    """Jaccard distances of all pairs, (N, N)."""
    holders = [np.flatnonzero(column) for column in weights.T]
    distances = np.empty_like(weights)
    for row, own in enumerate(weights):
        overlap = np.zeros(len(weights), dtype=np.float32)
        for column in np.flatnonzero(own):
            others = holders[column]
            overlap[others] += np.minimum(own[column], weights[others, column])
        distances[row] = np.maximum(1 - overlap / (2 - overlap), 0)
    return distances
