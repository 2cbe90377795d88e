"""DBSCAN on the k-reciprocal Jaccard distance."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from cpcl_mm.registry import TASK_UTILS

from ..dbscan import GrowingDBSCAN
from ..graph import DistanceGraph
from .jaccard_clusterer import JaccardClusterer
from .self_paced import keep_reliable


@TASK_UTILS.register_module()
class JaccardDBSCAN(JaccardClusterer):
    """DBSCAN on the k-reciprocal Jaccard distance, exact and without an N x N matrix.

    Gives the labels of the dense formulation (see :mod:`cpcl_mm.kreciprocal.jaccard`) followed by
    ``sklearn.cluster.DBSCAN(metric='precomputed')``, on any number of threads and ranks.

    Args:
        k1 (int): As for :class:`.JaccardClusterer`. Defaults to 30.
        k2 (int): As for :class:`.JaccardClusterer`. Defaults to 6.
        eps (float): Largest distance between neighbors in a cluster, between 0 and 1. Defaults to
            0.6.
        min_samples (int): Least number of points within eps of a core point, itself included.
            Defaults to 4.
        self_paced (float, optional): Keep only clusters, and in them only samples, that are much
            the same at ``eps - self_paced`` and at ``eps + self_paced``, as SpCL does with 0.02
            (see :func:`.keep_reliable`). Defaults to None: keep all.
        **settings: Others of :class:`.JaccardClusterer`.

    Raises:
        ValueError: If a setting is out of its range.

    Examples:
        >>> import numpy as np
        >>> from cpcl_mm.kreciprocal import JaccardDBSCAN
        >>> features = np.repeat(np.eye(2, 8, dtype=np.float32), 5, axis=0)  # (10, 8)
        >>> result = JaccardDBSCAN(k1=5, k2=2, eps=0.6, min_samples=4, backend='cpu')(features)
        >>> result.labels.tolist(), result.num_outliers
        ([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], 0)
    """

    stage = 'dbscan'

    def __init__(
        self,
        k1: int = 30,
        k2: int = 6,
        eps: float = 0.6,
        min_samples: int = 4,
        self_paced: float | None = None,
        **settings: Any,
    ) -> None:
        if not 0 < eps < 1:
            raise ValueError(
                f'eps must lie strictly between 0 and 1, the range of Jaccard distances, got {eps}.'
            )
        if min_samples < 1:
            raise ValueError(
                f'min_samples must be at least 1 (the point itself), got {min_samples}.'
            )
        if self_paced is not None and not 0 < self_paced < min(eps, 1 - eps):
            raise ValueError(
                f'self_paced must be above 0 and leave eps={eps} +- self_paced between 0 and 1, '
                f'or be None, got {self_paced}.'
            )
        super().__init__(k1, k2, eps + (self_paced or 0.0), **settings)
        self.eps = eps
        self.min_samples = min_samples
        self.self_paced = self_paced

    def label(
        self, parts: Iterable[DistanceGraph], num_nodes: int, weights: np.ndarray | None
    ) -> np.ndarray:
        """Cluster at eps, and where that decides, at what lies around it."""
        paces = (0.0,) if self.self_paced is None else (0.0, -self.self_paced, self.self_paced)
        clusters = {
            self.eps + pace: GrowingDBSCAN(num_nodes, self.min_samples, weights) for pace in paces
        }
        for part in parts:
            for limit, growing in clusters.items():
                growing.add(part.within(limit))
        labels = [growing.labels() for growing in clusters.values()]
        return labels[0] if self.self_paced is None else keep_reliable(*labels)
