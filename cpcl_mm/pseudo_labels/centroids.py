"""Cluster centroids."""

import numpy as np
import torch
from scipy import sparse

from .features import normalise


def cluster_centroids(features: np.ndarray | torch.Tensor, labels: np.ndarray) -> np.ndarray:
    """Average the L2-normalised features of each cluster and normalise the mean.

    Args:
        features: (N, D) array or tensor, of any length.
        labels: (N,) int64, 0..K-1 or -1 for outliers, which belong to no centroid.

    Returns:
        (K, D) float32, rows of unit length; the same for the same input. K is the largest label
        and 1. A label that no sample has, or whose features cancel out, gets a row of zeros.

    Raises:
        ValueError: If there is not one label for each row, or features hold zero or non-finite
            rows.
    """
    unit = normalise(features)
    if labels.shape != (len(unit),):
        raise ValueError(
            f'labels have shape {labels.shape}, but there are {len(unit)} features: '
            'give one label for each row.'
        )
    members = np.flatnonzero(labels >= 0)
    clusters = int(labels.max(initial=-1)) + 1
    membership = sparse.csr_matrix(
        (np.ones(len(members), dtype=np.float32), (labels[members], members)),
        shape=(clusters, len(unit)),
    )
    sums = membership @ unit
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return sums / np.where(norms > 0, norms, 1)
