"""What all clusterers on the k-reciprocal Jaccard distance share: features in, graph out."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import torch
from mmengine.logging import print_log
from torch import Tensor

from cpcl_mm.utils.compiled import warn_if_not_compiled
from cpcl_mm.utils.main_process import run_on_main
from cpcl_mm.utils.sharing import together

from ..features import normalize_on, to_numpy
from ..graph import DistanceGraph
from ..jaccard import jaccard_graph_parts
from ..memory import check_memory
from ..neighbors import (
    BACKENDS,
    PRECISIONS,
    find_neighbors,
    is_approximate,
    resolve_backend,
    search_device,
)
from .result import ClusterResult
from .stages import timed, timed_items


class JaccardClusterer(ABC):
    """Base of clusterers on the graph of k-reciprocal Jaccard distances, without an N x N matrix.

    Neighbor search takes time in O(N^2 D), the rest about O(N); for memory, O(N (D + k1)), see
    :mod:`cpcl_mm.kreciprocal.memory`.

    In a distributed run every rank calls with the same features and gets the same labels: the
    ranks share out the neighbor search, and the main rank does the rest.

    A subclass names its last stage and makes labels of the graph.

    Args:
        k1: Neighbors that reciprocity looks at, the point itself included, as in the widely used
            implementations. Fewer samples than this are all neighbors.
        k2: Neighbors, the point included, over which encodings are averaged; 1 turns it off.
        max_distance: Pairs farther apart than this are not in the graph; between 0 and 1.
        paper_k1: Look at k1 neighbors besides the point itself, as the paper has it.
        num_threads: Threads of the compiled loops, and of the products of backend ``'cpu'``; None
            takes PyTorch's number.
        backend: What does the work. ``'cpu'``: compiled loops; ``'torch'``: PyTorch, all steps on
            the GPU if there is one; ``'faiss'``: faiss searches, compiled loops do the rest;
            ``'auto'``: torch where PyTorch sees a GPU, else faiss where faiss sees one, else cpu.
            All give the same labels.
        precision: Of the products of the neighbor search, ``'float32'``, ``'tf32'`` or
            ``'bfloat16'``. All give the same labels.
        memory_limit: Most memory in GiB that a process may take beyond the features it is given;
            more is refused before the work begins. None sets no limit.
        approximate_above: Number of samples above which neighbors are searched approximately
            where there is no GPU. The log then says so, with the estimated recall. None searches
            exactly however many there are.

    Raises:
        ValueError: If a setting is out of its range.
    """

    #: Name of the stage that makes labels of the graph.
    stage: str

    def __init__(
        self,
        k1: int,
        k2: int,
        max_distance: float,
        paper_k1: bool = False,
        num_threads: int | None = None,
        backend: str = 'auto',
        precision: str = 'float32',
        memory_limit: float | None = None,
        approximate_above: int | None = 200_000,
    ) -> None:
        if k1 < 1:
            raise ValueError(f'k1 must be at least 1 (the point itself), got {k1}.')
        if not 1 <= k2 <= k1:
            raise ValueError(f'k2 must lie between 1 and k1 = {k1}, got {k2}.')
        if num_threads is not None and num_threads < 1:
            raise ValueError(f'num_threads must be at least 1, or None, got {num_threads}.')
        check_choice('backend', backend, BACKENDS)
        check_choice('precision', precision, PRECISIONS)
        if backend == 'faiss' and precision != 'float32':
            raise ValueError(
                f"backend='faiss' searches in float32, not precision={precision!r}: choose "
                "backend='torch' or precision='float32'."
            )
        if memory_limit is not None and not memory_limit > 0:
            raise ValueError(f'memory_limit must be above 0 GiB, or None, got {memory_limit}.')
        if approximate_above is not None and approximate_above < 0:
            raise ValueError(
                f'approximate_above must be at least 0, or None, got {approximate_above}.'
            )
        self.k1 = k1
        self.k2 = k2
        self.max_distance = max_distance
        self.paper_k1 = paper_k1
        self.num_threads = num_threads
        self.backend = backend
        self.precision = precision
        self.memory_limit = memory_limit
        self.approximate_above = approximate_above

    @abstractmethod
    def label(
        self, parts: Iterable[DistanceGraph], num_nodes: int, weights: np.ndarray | None
    ) -> np.ndarray:
        """Make labels of the graph.

        Args:
            parts: All pairs within ``max_distance``, each in one of the parts.
            num_nodes: Number of samples N.
            weights: (N,) float64 weight of each sample, or None.

        Returns:
            (N,) int64 labels, -1 for outliers.
        """

    def __call__(
        self,
        features: np.ndarray | Tensor,
        sample_weights: np.ndarray | Tensor | None = None,
    ) -> ClusterResult:
        """Cluster samples by features of any length: :meth:`cluster` after L2-normalization.

        Args:
            features: (N, D).
            sample_weights: As for :meth:`cluster`.

        Returns:
            As :meth:`cluster`, with the seconds of the stage ``normalize`` as well.

        Raises:
            ValueError: As :meth:`cluster`; also if features are not a matrix, or have rows that are
                zero or not finite.
            RuntimeError: If another rank failed.
        """
        seconds: dict[str, float] = {}
        device = self._checked_device(np.shape(features))
        with timed(seconds, 'normalize'):
            unit = together(lambda: normalize_on(features, device))
        result = self.cluster(unit, sample_weights)
        return replace(result, seconds=seconds | result.seconds)

    def cluster(
        self,
        features: np.ndarray | Tensor,
        sample_weights: np.ndarray | Tensor | None = None,
    ) -> ClusterResult:
        """Cluster samples by L2-normalized features.

        Args:
            features: (N, D) float32, rows of unit length.
            sample_weights: (N,) weights that count towards the size of a neighborhood, such as the
                captions of each image; 1 by default.

        Returns:
            Labels and the seconds of the stages ``neighbors``, ``jaccard`` and the clusterer's
            own.

        Raises:
            ValueError: If weights do not fit the features, are negative or not finite, or if memory
                would be above the limit.
            RuntimeError: If another rank failed.
        """
        warn_if_not_compiled()
        seconds: dict[str, float] = {}
        backend = resolve_backend(self.backend)
        unit = torch.as_tensor(features).to(self._checked_device(np.shape(features)))
        weights = _check_weights(sample_weights, len(unit))
        if len(unit) == 0:
            return ClusterResult(np.empty(0, dtype=np.int64), seconds)
        with timed(seconds, 'neighbors'):
            table, recall = find_neighbors(
                unit,
                self._columns,
                self._threads(),
                backend,
                self.precision,
                shared=True,
                approximate_above=self.approximate_above,
            )
        labels, rest = run_on_main(self._cluster, unit, table, weights, backend == 'torch')
        _warn_if_useless(labels, self.k1)
        return ClusterResult(labels, seconds | rest, recall)

    @property
    def _columns(self) -> int:
        """Neighbors to search for, the point itself included."""
        return self.k1 + self.paper_k1

    def _checked_device(self, shape: tuple[int, ...]) -> torch.device:
        """Give the device that searches, if the memory is within the limit."""
        backend = resolve_backend(self.backend)
        approximate = is_approximate(shape[0], backend, self.approximate_above)
        check_memory(shape, self._columns, self.precision, self.memory_limit, approximate)
        return search_device(backend)

    def _threads(self) -> int:
        return self.num_threads or torch.get_num_threads()

    def _cluster(
        self, unit: Tensor, table: Tensor, weights: np.ndarray | None, in_torch: bool
    ) -> tuple[np.ndarray, dict[str, float]]:
        """Do what follows the neighbor search; also give the seconds."""
        seconds: dict[str, float] = {}
        parts = jaccard_graph_parts(
            unit,
            table.to(unit.device),
            self.k1,
            self.k2,
            self.max_distance,
            self._threads(),
            in_torch,
        )
        with timed(seconds, self.stage):
            labels = self.label(timed_items(parts, seconds, 'jaccard'), len(unit), weights)
        seconds[self.stage] -= seconds['jaccard']
        return labels, seconds


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a setting that is none of its choices."""
    if value not in choices:
        raise ValueError(f'{name} must be one of {", ".join(choices)}, got {value!r}.')


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
