"""Cluster centroids."""

import numpy as np
from scipy import sparse


def cluster_centroids(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Average the features of each cluster and bring the mean to unit length.

    Args:
        features: (N, D) float32, rows of unit length.
        labels: (N,) int64, 0..K-1 or -1 for outliers, which belong to no centroid.

    Returns:
        (K, D) float32, rows of unit length; zeros for a label that no sample has, or whose features
        cancel out.

    Raises:
        ValueError: If there is not one label for each row.
    """
    if labels.shape != (len(features),):
        raise ValueError(
            f'labels have shape {labels.shape}, but there are {len(features)} features: '
            'give one label for each row.'
        )
    members = np.flatnonzero(labels >= 0)
    clusters = int(labels.max(initial=-1)) + 1
    membership = sparse.csr_matrix(
        (np.ones(len(members), dtype=np.float32), (labels[members], members)),
        shape=(clusters, len(features)),
    )
    sums = membership @ features
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return sums / np.where(norms > 0, norms, 1)
