"""How good pseudo labels are, where true identities are known."""

import numpy as np
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score


def clustering_quality(
    labels: np.ndarray, identities: np.ndarray | None = None
) -> dict[str, float]:
    """Count clusters and outliers, and compare clusters with identities.

    Labels are (N,) int64, -1 for outliers, as are identities, -1 where unknown. Gives ``clusters``,
    ``outliers``, ``outlier_share`` (0 to 1) and, over the samples that are in a cluster and have a
    known identity, if there are any, ``purity`` (share of samples with their cluster's majority
    identity), ``nmi`` and ``ari`` (scikit-learn's).
    """
    outliers = int((labels < 0).sum())
    quality = {
        'clusters': float(len(np.unique(labels[labels >= 0]))),
        'outliers': float(outliers),
        'outlier_share': outliers / max(len(labels), 1),
    }
    if identities is None:
        return quality
    judged = (labels >= 0) & (identities >= 0)
    if judged.any():
        found, true = labels[judged], identities[judged]
        quality['purity'] = float((majority_identities(found, true)[found] == true).mean())
        quality['nmi'] = float(normalized_mutual_info_score(true, found))
        quality['ari'] = float(adjusted_rand_score(true, found))
    return quality


def mining_quality(
    before: np.ndarray,
    after: np.ndarray,
    mined: np.ndarray,
    identities: np.ndarray | None = None,
) -> dict[str, float]:
    """Count labels that mining gave, ``mined`` (N,) bool, and the share of them that are right.

    A mined label is right if the majority identity that its cluster had before mining is the
    sample's own. Samples and clusters without a known identity are not judged. Gives ``mined`` and,
    if any can be judged, ``mined_right_share`` (0 to 1).
    """
    quality = {'mined': float(mined.sum())}
    if identities is None or not mined.any():
        return quality
    known = (before >= 0) & (identities >= 0)
    # Refinement may have emptied the last clusters, or filled new ones.
    num_clusters = int(max(before.max(), after.max())) + 1
    majority = majority_identities(before[known], identities[known], num_clusters)
    expected = majority[after[mined]]
    judged = (identities[mined] >= 0) & (expected >= 0)
    if judged.any():
        right = expected[judged] == identities[mined][judged]
        quality['mined_right_share'] = float(right.mean())
    return quality


def majority_identities(
    labels: np.ndarray, identities: np.ndarray, num_clusters: int | None = None
) -> np.ndarray:
    """Find the most frequent identity of each cluster (K,), the smallest on a tie, -1 without any.

    Labels and identities are (N,), all at least 0; K is by default the largest label and 1.
    """
    if num_clusters is None:
        num_clusters = int(labels.max(initial=-1)) + 1
    majority = np.full(num_clusters, -1, dtype=np.int64)
    pairs, counts = np.unique(np.stack([labels, identities]), axis=1, return_counts=True)
    # Pairs ascend: writing from small to large counts, and backwards on ties, leaves the winner.
    order = np.lexsort((-pairs[1], counts))
    majority[pairs[0, order]] = pairs[1, order]
    return majority
