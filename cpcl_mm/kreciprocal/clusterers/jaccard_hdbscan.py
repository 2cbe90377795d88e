"""HDBSCAN on the k-reciprocal Jaccard distance."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from cpcl_mm.registry import TASK_UTILS

from ..graph import DistanceGraph
from ..hdbscan import hdbscan
from .jaccard_clusterer import JaccardClusterer, check_choice

_MOST_EDGES_PER_SAMPLE = 256


@TASK_UTILS.register_module()
class JaccardHDBSCAN(JaccardClusterer):
    """scikit-learn's HDBSCAN on the k-reciprocal Jaccard distance: clusters of varying density.

    Pairs farther apart than ``max_distance`` count as having nothing in common (distance 1); most
    pairs have. Labels are the same for any number of threads and ranks. A permutation of the
    samples may move points where distances are equal, for HDBSCAN's tree is not unique then.

    Memory grows with the pairs within ``max_distance``, by about 100 bytes each.

    Args:
        k1: As for :class:`.JaccardClusterer`.
        k2: As for :class:`.JaccardClusterer`.
        max_distance: Farthest pair that is looked at, between 0 and 1.
        min_cluster_size: Least number of samples in a cluster, from 2.
        min_samples: Samples around a sample, itself included, that its core distance reaches to:
            more make more outliers. None takes ``min_cluster_size``.
        selection: ``'eom'``, the most stable clusters, or ``'leaf'``, the finest.
        **settings: Others of :class:`.JaccardClusterer`: ``paper_k1``, ``num_threads``,
            ``backend``, ``precision``, ``memory_limit``, ``approximate_above``.

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
        check_choice('selection', selection, ('eom', 'leaf'))
        super().__init__(k1, k2, max_distance, **settings)
        self.min_cluster_size = min_cluster_size
        self.min_samples = min_samples
        self.selection = selection

    def label(
        self, parts: Iterable[DistanceGraph], num_nodes: int, weights: np.ndarray | None
    ) -> np.ndarray:
        """Join the graph and cluster it.

        Raises:
            ValueError: If there are sample weights, or too many pairs to hold.
        """
        if weights is not None:
            raise ValueError(
                'HDBSCAN takes no sample weights: use JaccardDBSCAN, or weigh_images=False.'
            )
        graph = self._join(parts, num_nodes)
        min_samples = self.min_samples or self.min_cluster_size
        return hdbscan(graph, self.min_cluster_size, min_samples, self.selection)

    def _join(self, parts: Iterable[DistanceGraph], num_nodes: int) -> DistanceGraph:
        """Join the parts of the graph, unless they are too many."""
        held, pairs = [], 0
        for part in parts:
            held.append(part)
            pairs += len(part.rows)
            if pairs > _MOST_EDGES_PER_SAMPLE * num_nodes:
                raise ValueError(
                    f'more than {_MOST_EDGES_PER_SAMPLE} pairs a sample lie within '
                    f'max_distance={self.max_distance}: the features may have collapsed; else '
                    'lower max_distance, or use JaccardDBSCAN, which need not hold them all.'
                )
        rows, columns, distances = (
            np.concatenate([getattr(part, name) for part in held])
            for name in ('rows', 'columns', 'distances')
        )
        return DistanceGraph(num_nodes, rows, columns, distances)
