"""The reliability criterion of self-paced contrastive learning (SpCL).

Ge et al., "Self-paced Contrastive Learning with Hybrid Memory for Domain Adaptive Object Re-ID",
NeurIPS 2020, arXiv:2006.02713, section 3.3.
"""

import numpy as np

_KEPT_SHARE = 0.9


def keep_reliable(labels: np.ndarray, tight: np.ndarray, loose: np.ndarray) -> np.ndarray:
    """Keep the clusters that a slightly different eps hardly changes; they keep their order.

    Two overlaps (intersection over union) are compared for each sample. Independence is that of
    its cluster with its cluster at a larger eps: clusters below the 90 % that are most independent
    dissolve. Compactness is that with its cluster at a smaller eps: a sample stays only if no
    sample of its cluster is more compact. What does not stay is an outlier.

    SpCL finds the threshold of independence in its first epoch and keeps it; here each call finds
    its own, so that labels depend on the features alone and a resumed training goes on the same.
    """
    members = np.flatnonzero(labels >= 0)
    if len(members) == 0:
        return labels
    cluster = labels[members]
    independence = _most_by_cluster(_overlaps(labels, loose)[members], cluster)
    compactness = _overlaps(labels, tight)[members]
    order = np.sort(independence)[::-1]
    threshold = order[min(len(order) - 1, round(_KEPT_SHARE * len(order)))]
    kept = independence[cluster] >= threshold
    kept &= compactness >= _most_by_cluster(compactness, cluster)[cluster]
    result = np.full_like(labels, -1)
    result[members[kept]] = np.unique(cluster[kept], return_inverse=True)[1]
    return result


def _overlaps(labels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Overlap of the clusters that each sample has in two clusterings; outliers are alone."""
    (left, left_sizes), (right, right_sizes) = _groups(labels), _groups(others)
    pairs = left * len(labels) + right
    _, pair, shared = np.unique(pairs, return_inverse=True, return_counts=True)
    common = shared[pair]
    return common / (left_sizes[left] + right_sizes[right] - common)


def _groups(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give each outlier a cluster of its own; also give the sizes of all clusters."""
    groups = labels.copy()
    alone = labels < 0
    groups[alone] = labels.max() + 1 + np.arange(alone.sum())
    return groups, np.bincount(groups)


def _most_by_cluster(values: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Give the largest value among the members of each cluster."""
    most = np.zeros(cluster.max() + 1)
    np.maximum.at(most, cluster, values)
    return most
