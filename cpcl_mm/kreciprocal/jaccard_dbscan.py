"""DBSCAN on the k-reciprocal Jaccard distance: features in, pseudo labels out."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from mmengine.dist import all_gather_object
from mmengine.logging import print_log
from torch import Tensor

from cpcl_mm.registry import TASK_UTILS
from cpcl_mm.utils.compiled import warn_if_not_compiled
from cpcl_mm.utils.sharing import run_on_main, together

from .dbscan import GrowingDBSCAN
from .features import normalize_on
from .jaccard import DistanceGraph, jaccard_graph_parts
from .neighbors import BACKENDS, nearest_neighbors, resolve_backend, search_device


@dataclass(frozen=True)
class ClusterResult:
    """What a clusterer gives.

    Attributes:
        labels (np.ndarray): (N,) int64, clusters 0..K-1, -1 for outliers.
        seconds (dict[str, float]): Wall-clock seconds of each stage by its name.
    """

    labels: np.ndarray
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def num_clusters(self) -> int:
        """Number of clusters K."""
        return int(self.labels.max(initial=-1)) + 1

    @property
    def num_outliers(self) -> int:
        """Number of samples in no cluster."""
        return int((self.labels == -1).sum())


@TASK_UTILS.register_module()
class JaccardDBSCAN:
    """DBSCAN on the k-reciprocal Jaccard distance, exact and without an N x N matrix.

    Gives the labels of the dense formulation (see :mod:`cpcl_mm.kreciprocal.jaccard`) followed by
    ``sklearn.cluster.DBSCAN(metric='precomputed')``, on any number of threads and ranks.

    Neighbor search takes time in O(N^2 D), the rest about O(N). Beyond the features, a process
    takes about ``N (4 D + 4 k1 + max(16 k1 + 512, 84 k1))`` bytes and 96 MiB; the GPU, which holds
    the features, too, not counted.

    In a distributed run every rank calls with the same features and gets the same labels: the
    ranks share out the neighbor search, the encodings and the edges of the graph; the main rank
    makes clusters of them.

    Args:
        k1 (int): Neighbors that reciprocity looks at, the point itself included, as in the widely
            used implementations. Fewer samples than this are all neighbors. Defaults to 30.
        k2 (int): Neighbors, the point included, over which encodings are averaged; 1 turns it off.
            Defaults to 6.
        eps (float): Largest distance between neighbors in a cluster, between 0 and 1. Defaults to
            0.6.
        min_samples (int): Least number of points within eps of a core point, itself included.
            Defaults to 4.
        paper_k1 (bool): Look at k1 neighbors besides the point itself, as the paper has it.
            Defaults to False.
        num_threads (int, optional): Threads of the compiled loops and of the products on a CPU.
            Defaults to None: PyTorch's number.
        backend (str): ``'cpu'``: compiled loops; ``'torch'``: PyTorch, all steps on the GPU if
            there is one; ``'auto'``, the default: torch where there is a GPU, else cpu. Both give
            the same labels.

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

    def __init__(
        self,
        k1: int = 30,
        k2: int = 6,
        eps: float = 0.6,
        min_samples: int = 4,
        paper_k1: bool = False,
        num_threads: int | None = None,
        backend: str = 'auto',
    ) -> None:
        if k1 < 1:
            raise ValueError(f'k1 must be at least 1 (the point itself), got {k1}.')
        if not 1 <= k2 <= k1:
            raise ValueError(f'k2 must lie between 1 and k1 = {k1}, got {k2}.')
        if not 0 < eps < 1:
            raise ValueError(
                f'eps must lie strictly between 0 and 1, the range of Jaccard distances, got {eps}.'
            )
        if min_samples < 1:
            raise ValueError(
                f'min_samples must be at least 1 (the point itself), got {min_samples}.'
            )
        if num_threads is not None and num_threads < 1:
            raise ValueError(f'num_threads must be at least 1, or None, got {num_threads}.')
        if backend not in BACKENDS:
            raise ValueError(f'backend must be one of {", ".join(BACKENDS)}, got {backend!r}.')
        self.k1, self.k2, self.columns = k1, k2, k1 + paper_k1
        self.eps, self.min_samples = eps, min_samples
        self.num_threads, self.backend = num_threads, backend

    def __call__(
        self, features: np.ndarray | Tensor, sample_weights: np.ndarray | Tensor | None = None
    ) -> ClusterResult:
        """Cluster samples by features (N, D) of any length: :meth:`cluster` after L2-normalization.

        The seconds are also those of the stage ``normalize``.

        Raises:
            ValueError: As :meth:`cluster`; also if features are not a matrix, or have rows that are
                zero or not finite.
            RuntimeError: If another rank failed.
        """
        device = search_device(resolve_backend(self.backend))
        start = time.perf_counter()
        unit = together(lambda: normalize_on(features, device))
        seconds = {'normalize': time.perf_counter() - start}
        result = self.cluster(unit, sample_weights)
        return replace(result, seconds=seconds | result.seconds)

    def cluster(
        self, features: np.ndarray | Tensor, sample_weights: np.ndarray | Tensor | None = None
    ) -> ClusterResult:
        """Cluster samples by L2-normalized features.

        Args:
            features (np.ndarray | Tensor): (N, D) float32, rows of unit length.
            sample_weights (np.ndarray | Tensor, optional): (N,) weights that count towards the size
                of a neighborhood, such as the captions of each image. Defaults to None: 1 each.

        Returns:
            ClusterResult: Labels and the seconds of ``neighbors``, ``jaccard`` and ``dbscan``.

        Raises:
            ValueError: If weights do not fit the features, are negative or not finite.
            RuntimeError: If another rank failed.
        """
        warn_if_not_compiled()
        backend = resolve_backend(self.backend)
        unit = torch.as_tensor(features).to(search_device(backend))
        weights = _check_weights(sample_weights, len(unit))
        if len(unit) == 0:
            return ClusterResult(np.empty(0, dtype=np.int64))
        start = time.perf_counter()
        table = nearest_neighbors(unit, self.columns, self._threads(), backend, shared=True)
        seconds = {'neighbors': time.perf_counter() - start}
        start = time.perf_counter()
        settings = (self.k1, self.k2, self.eps, self._threads(), backend == 'torch')
        parts = jaccard_graph_parts(unit, table.to(unit.device), *settings, shared=True)
        seconds['jaccard'] = time.perf_counter() - start
        clusters = GrowingDBSCAN(len(unit), self.min_samples, weights)
        together(lambda: _grow(clusters, parts, seconds))
        labels = run_on_main(_label, all_gather_object(clusters))
        seconds['dbscan'] = time.perf_counter() - start - seconds['jaccard']
        _warn_if_useless(labels, self.k1)
        return ClusterResult(labels, seconds)

    def _threads(self) -> int:
        return self.num_threads or torch.get_num_threads()


def _grow(
    clusters: GrowingDBSCAN, parts: Iterator[DistanceGraph], seconds: dict[str, float]
) -> None:
    """Take in the parts of a graph, and add up how long it takes to make them."""
    while True:
        start = time.perf_counter()
        part = next(parts, None)
        seconds['jaccard'] += time.perf_counter() - start
        if part is None:
            return
        clusters.add(part)


def _label(of_ranks: list[GrowingDBSCAN]) -> np.ndarray:
    """Label the samples, once the ranks have all pairs together."""
    clusters, *others = of_ranks
    for other in others:
        clusters.merge(other)
    return clusters.labels()


def _warn_if_useless(labels: np.ndarray, k1: int) -> None:
    """Say what to change where k1 exceeds the samples, or there is one cluster."""
    if k1 > len(labels):
        problem = (
            f'k1={k1} is more than the {len(labels)} samples, and makes all of them neighbors: set '
            'it to about the number of images of one identity'
        )
    elif labels.max() == 0:
        problem = (
            f'there is one cluster, of {(labels == 0).sum()} of the {len(labels)} samples: a lower '
            f'eps or k1 (now {k1}) separates them'
        )
    else:
        return
    print_log(f'Clustering: {problem}.', logger='current', level=logging.WARNING)


def _check_weights(weights: np.ndarray | Tensor | None, total: int) -> np.ndarray | None:
    """Give sample weights as float64 (N,), or raise a ValueError."""
    if weights is None:
        return None
    on_cpu = weights.cpu() if isinstance(weights, Tensor) else weights
    array = np.asarray(on_cpu, dtype=np.float64)
    if array.shape != (total,):
        raise ValueError(
            f'sample_weights must hold one number for each of the {total} samples, '
            f'got shape {array.shape}.'
        )
    bad = np.flatnonzero(~np.isfinite(array) | (array < 0))
    if len(bad):
        raise ValueError(
            f'{len(bad)} sample_weights are negative or not finite, '
            f'the first at index {bad[0]}: {array[bad[0]]}.'
        )
    return array
