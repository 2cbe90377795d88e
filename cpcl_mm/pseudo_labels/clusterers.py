"""Clusterers: features in, pseudo labels out."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch

from cpcl_mm.registry import TASK_UTILS
from cpcl_mm.utils.compiled import warn_if_not_compiled
from cpcl_mm.utils.main_process import run_on_main
from cpcl_mm.utils.sharing import together

from .dbscan import dbscan_in_parts
from .features import normalise, to_numpy
from .graph import DistanceGraph
from .jaccard import jaccard_graph_parts
from .memory import check_memory
from .neighbours import BACKENDS, PRECISIONS, nearest_neighbours


@dataclass(frozen=True)
class ClusterResult:
    """What a clusterer gives.

    Attributes:
        labels: (N,) int64, clusters 0..K-1, -1 for outliers.
        seconds: Wall-clock seconds of each stage by its name.
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

    Gives the labels of the dense formulation (see :mod:`.jaccard`) followed by
    ``sklearn.cluster.DBSCAN(metric='precomputed')``, on any number of threads and ranks. Neighbour
    search takes time in O(N^2 D), the rest about O(N); for memory, O(N (D + k1)), see
    :mod:`.memory`.

    In a distributed run every rank calls with the same features and gets the same labels: the
    ranks share out the neighbour search, and the main rank does the rest.

    Args:
        k1: Neighbours that reciprocity looks at, the point itself included, as in the widely used
            implementations. Fewer samples than this are all neighbours.
        k2: Neighbours, the point included, over which encodings are averaged; 1 turns it off.
        eps: Largest distance between neighbours in a cluster, between 0 and 1.
        min_samples: Least number of points within eps of a core point, itself included.
        paper_k1: Look at k1 neighbours besides the point itself, as the paper has it.
        num_threads: Threads of the compiled loops; None takes PyTorch's number, which the matrix
            products use in any case.
        backend: Library of the neighbour search: ``'cpu'``, ``'faiss'``, ``'torch'`` or ``'auto'``,
            which takes a GPU where there is one. All give the same labels; see
            :func:`.nearest_neighbours`.
        precision: Of the products of the neighbour search, ``'float32'``, ``'tf32'`` or
            ``'bfloat16'``. All give the same labels.
        memory_limit: Most memory in GiB that a process may take beyond the features it is given;
            more is refused before the work begins. None sets no limit.

    Raises:
        ValueError: If a setting is out of its range.

    Examples:
        >>> import numpy as np
        >>> from cpcl_mm.pseudo_labels import JaccardDBSCAN
        >>> features = np.repeat(np.eye(2, 8, dtype=np.float32), 5, axis=0)  # (10, 8)
        >>> result = JaccardDBSCAN(k1=5, k2=2, eps=0.6, min_samples=4)(features)
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
        precision: str = 'float32',
        memory_limit: float | None = None,
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
        _check_choice('backend', backend, BACKENDS)
        _check_choice('precision', precision, PRECISIONS)
        if backend == 'faiss' and precision != 'float32':
            raise ValueError(
                f"backend='faiss' searches in float32, not precision={precision!r}: choose "
                "backend='torch' or precision='float32'."
            )
        if memory_limit is not None and not memory_limit > 0:
            raise ValueError(f'memory_limit must be above 0 GiB, or None, got {memory_limit}.')
        self.k1 = k1
        self.k2 = k2
        self.eps = eps
        self.min_samples = min_samples
        self.paper_k1 = paper_k1
        self.num_threads = num_threads
        self.backend = backend
        self.precision = precision
        self.memory_limit = memory_limit

    def __call__(
        self,
        features: np.ndarray | torch.Tensor,
        sample_weights: np.ndarray | torch.Tensor | None = None,
    ) -> ClusterResult:
        """Cluster samples by their features.

        Args:
            features: (N, D), of any length: rows are L2-normalised here.
            sample_weights: (N,) weights that count towards ``min_samples``, such as the captions of
                each image; 1 by default.

        Returns:
            Labels and the seconds of the stages ``normalise``, ``neighbours``, ``jaccard`` and
            ``dbscan``.

        Raises:
            ValueError: If features are not a matrix, or have rows that are zero or not finite, if
                weights do not fit the features, are negative or not finite, or if memory would be
                above the limit.
            RuntimeError: If another rank failed.
        """
        warn_if_not_compiled()
        seconds: dict[str, float] = {}
        threads = self.num_threads or torch.get_num_threads()
        k = self.k1 + self.paper_k1
        check_memory(np.shape(features), k, self.precision, self.memory_limit)
        with _timed(seconds, 'normalise'):
            unit = together(lambda: normalise(features))
        weights = _check_weights(sample_weights, len(unit))
        if len(unit) == 0:
            return ClusterResult(np.empty(0, dtype=np.int64), seconds)
        with _timed(seconds, 'neighbours'):
            neighbours = nearest_neighbours(
                unit, k, threads, self.backend, self.precision, shared=True
            )
        labels, rest = run_on_main(self._cluster, unit, neighbours, weights, threads)
        return ClusterResult(labels, seconds | rest)

    def _cluster(
        self,
        unit: np.ndarray,
        neighbours: np.ndarray,
        weights: np.ndarray | None,
        num_threads: int,
    ) -> tuple[np.ndarray, dict[str, float]]:
        """Do what follows the neighbour search; also give the seconds."""
        seconds: dict[str, float] = {}
        parts = jaccard_graph_parts(unit, neighbours, self.k1, self.k2, self.eps, num_threads)
        with _timed(seconds, 'dbscan'):
            timed = _timed_parts(parts, seconds, 'jaccard')
            labels = dbscan_in_parts(timed, len(unit), self.min_samples, weights)
        seconds['dbscan'] -= seconds['jaccard']
        return labels, seconds


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Add up how long a stage takes."""
    start = time.perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - start


def _timed_parts(
    parts: Iterable[DistanceGraph], seconds: dict[str, float], stage: str
) -> Iterator[DistanceGraph]:
    """Pass on what a stage yields and add up how long it takes to make it."""
    iterator = iter(parts)
    while True:
        with _timed(seconds, stage):
            part = next(iterator, None)
        if part is None:
            return
        yield part


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a setting that is none of its choices."""
    if value not in choices:
        raise ValueError(f'{name} must be one of {", ".join(choices)}, got {value!r}.')


def _check_weights(weights: np.ndarray | torch.Tensor | None, total: int) -> np.ndarray | None:
    """Give sample weights as float64 (N,), or raise a ValueError."""
    if weights is None:
        return None
    array = to_numpy(weights).astype(np.float64)
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
