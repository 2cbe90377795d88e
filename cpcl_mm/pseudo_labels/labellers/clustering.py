"""Clustering one modality for a labeller."""

from typing import Any

import numpy as np

from cpcl_mm.kreciprocal.clusterers import ClusterResult

from ..samples import Samples


def cluster_modality(
    clusterer: Any, modality: str, samples: Samples, weights: np.ndarray | None = None
) -> ClusterResult:
    """Cluster the features of a modality.

    Called on every rank at once: clusterers share the work, and agree on the labels. An error is
    raised where it happens. To wait for the other ranks here would meet them in the midst of a
    clusterer's own communication.

    Args:
        clusterer (JaccardClusterer): Or another whose ``cluster`` takes L2-normalized features and
            weights.
        modality (str): ``'image'`` or ``'text'``.
        samples (Samples): With the features of the modality.
        weights (np.ndarray, optional): (N,), see :meth:`.JaccardClusterer.cluster`.

    Returns:
        ClusterResult: Labels and seconds.

    Raises:
        TypeError: If it is no clusterer.
        ValueError: If the clusterer fails; it says of which modality.
    """
    if not hasattr(clusterer, 'cluster'):
        raise TypeError(
            f'{type(clusterer).__name__} is no clusterer: it needs cluster(features, weights) -> '
            'ClusterResult'
        )
    try:
        return clusterer.cluster(samples.features[modality], weights)
    except ValueError as error:
        raise ValueError(f'clustering the {modality} features failed: {error}') from error
