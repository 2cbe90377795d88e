"""Nearest vectors by faiss: exact, or approximate for large galleries."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cpcl_mm.utils.requirements import import_optional

KINDS = ('exact', 'ivf', 'hnsw')
MAX_GPU_TOPK = 2048  # faiss gives no more from a GPU.

# Vectors a list that IVF's k-means learns from; faiss's own 256 take four times as long.
TRAINING_POINTS = 64

Neighbors = tuple[np.ndarray, np.ndarray]
SearchVectors = Callable[[np.ndarray, int], Neighbors]


@dataclass(frozen=True)
class IndexSettings:
    """How a gallery is searched: see docs/searching.md.

    Attributes:
        kind (str): ``'exact'``; ``'ivf'``, lists by k-means, about as many as the root of the
            number of images; or ``'hnsw'``, a graph of neighbors. Defaults to ``'exact'``.
        effort (int, optional): Lists that IVF looks at, or candidates that HNSW keeps: more find
            more, and take longer. Defaults to None: an eighth of the lists, and 128 candidates.

    Raises:
        ValueError: If the kind is unknown or the effort less than 1.
    """

    kind: str = 'exact'
    effort: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f'index kind {self.kind!r}: expected one of {", ".join(KINDS)}')
        if self.effort is not None and (not isinstance(self.effort, int) or self.effort < 1):
            raise ValueError(f'index effort {self.effort}: expected a whole number from 1')


def build_search(features: np.ndarray, settings: IndexSettings) -> SearchVectors:
    """Make a search over vectors; on the GPUs, where faiss finds any (HNSW: never).

    From unit vectors (N, D), float32, C-contiguous, it makes a function from queries (Q, D) and
    k <= N to scores and rows, both (Q, k), best first; of equal scores the lower row comes first.
    """
    remedy = 'pip install -U faiss-gpu (Linux, x86-64) or faiss-cpu, and only one of them'
    # Here: training works without.
    faiss = import_optional('faiss', 'searching', remedy)

    def search_all(queries: np.ndarray, k: int) -> Neighbors:
        return faiss.knn(queries, features, k, metric=faiss.METRIC_INNER_PRODUCT)

    has_gpu = faiss.get_num_gpus() > 0 and settings.kind != 'hnsw'
    if settings.kind == 'exact' and not has_gpu:
        # Without an index of its own, which would be a copy of the features.
        return lambda queries, k: _in_order(*search_all(queries, k))
    index = _build_index(faiss, features, settings)
    if has_gpu:
        index = faiss.index_cpu_to_all_gpus(index)

    def search(queries: np.ndarray, k: int) -> Neighbors:
        if has_gpu and k > MAX_GPU_TOPK:
            return _in_order(*search_all(queries, k))
        scores, rows = index.search(queries, k)
        # The lists that were looked at may hold fewer than k.
        short = (rows < 0).any(axis=1)
        if short.any():
            scores[short], rows[short] = search_all(queries[short], k)
        return _in_order(scores, rows)

    return search


def _build_index(faiss: Any, features: np.ndarray, settings: IndexSettings) -> Any:
    total, dimensions = features.shape
    # faiss asks for 39 vectors to train a list on.
    lists = max(1, min(round(total**0.5), total // 39))
    factory = {'exact': 'Flat', 'ivf': f'IVF{lists},Flat', 'hnsw': 'HNSW32,Flat'}[settings.kind]
    index = faiss.index_factory(dimensions, factory, faiss.METRIC_INNER_PRODUCT)
    if settings.kind == 'ivf':
        index.cp.max_points_per_centroid = TRAINING_POINTS
        index.nprobe = min(settings.effort or max(8, lists // 8), lists)
    if settings.kind == 'hnsw':
        index.hnsw.efSearch = settings.effort or 128
    index.train(features)
    index.add(features)
    return index


def _in_order(scores: np.ndarray, rows: np.ndarray) -> Neighbors:
    """Sort equal scores by row."""
    order = np.lexsort((rows, -scores))
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(rows, order, axis=1)
