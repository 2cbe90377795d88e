"""Candidates from an inverted file of faiss: k-means cells, of which each row searches the nearest.

A second look takes the neighbors of the neighbors that were found.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..chunks import map_chunks
from ..progress import progress
from .faiss_search import import_faiss
from .proposals import CROWDED, Proposals

#: Cells that a row searches.
PROBES = 64
_SAMPLE_PER_CELL = 40
_ITERATIONS = 6
_ROWS_AT_ONCE = 1024
_ADDED_AT_ONCE = 1 << 16


def train_cells(features: Tensor, seed: int = 0) -> np.ndarray:
    """Find ``4 sqrt(N)`` cells by k-means on a sample.

    Args:
        features: (N, D) float32, contiguous, rows of unit length, on the CPU.
        seed: Of the sample and of the first centroids.

    Returns:
        (cells, D) float32 centroids, the same for any number of threads.
    """
    faiss = import_faiss()
    total, dim = features.shape
    cells = min(total, round(4 * total**0.5))
    size = min(total, _SAMPLE_PER_CELL * cells)
    sample = np.sort(np.random.default_rng(seed).choice(total, size, replace=False))
    settings = dict(spherical=True, seed=seed, min_points_per_centroid=1)
    means = faiss.Kmeans(dim, cells, niter=_ITERATIONS, **settings)
    with _one_thread():
        means.train(features.numpy()[sample])
    return means.centroids


def propose(
    features: Tensor, rows: range, keep: int, cells: np.ndarray, num_threads: int
) -> Iterator[Proposals]:
    """Search the nearest cells of each row, in half precision.

    Memory beyond the features: their copy in half precision, in lists that grow by doubling, so at
    most ``4 D`` bytes a sample.

    Args:
        features: (N, D) float32, contiguous, rows of unit length, on the CPU.
        rows: The rows to find candidates for.
        keep: Neighbors wanted beside a row itself.
        cells: (cells, D) float32, what :func:`train_cells` gave.
        num_threads: Threads to work on; they do not change the result.

    Yields:
        Proposals of some rows each, ``CROWDED`` where cells held too few.
    """
    index = _fill_cells(features.numpy(), cells)
    slots = min(2 * keep + 2, len(features))

    def search(start: int) -> Proposals:
        chosen = torch.from_numpy(np.array(rows[start : start + _ROWS_AT_ONCE]))
        with _one_thread():
            found = torch.from_numpy(index.search(features[chosen].numpy(), slots)[1])
        missing = found < 0
        used = torch.full((len(chosen),), slots, dtype=torch.int32)
        used[slots - missing.sum(dim=1) <= keep] = CROWDED
        return Proposals(chosen, torch.where(missing, chosen[:, None], found), used)

    starts = range(0, len(rows), _ROWS_AT_ONCE)
    with ThreadPoolExecutor(num_threads) as pool:
        for first in progress(range(0, len(starts), num_threads), 'approximate neighbors'):
            yield from pool.map(search, starts[first : first + num_threads])


def look_again(table: Tensor, rows: range, num_threads: int) -> Iterator[Proposals]:
    """Propose the neighbors of neighbors.

    Args:
        table: (N, K) int32, neighbors that were found so far, each point its own first.
        rows: The rows to find candidates for.
        num_threads: Threads to work on.

    Yields:
        Proposals of some rows each.
    """
    known = table.numpy()
    for start in progress(range(0, len(rows), _ROWS_AT_ONCE), 'neighbors of neighbors'):
        yield _second_look(known, np.array(rows[start : start + _ROWS_AT_ONCE]), num_threads)


def _second_look(known: np.ndarray, rows: np.ndarray, num_threads: int) -> Proposals:
    """Propose the neighbors of the neighbors of some rows."""
    index = np.empty((len(rows), known.shape[1] ** 2), dtype=np.int32)
    used = np.empty(len(rows), dtype=np.int32)

    def collect(start: int, stop: int) -> None:
        found = known[known[rows[start:stop]]].reshape(stop - start, -1)
        # What occurs again goes to the end.
        found.sort(axis=1)
        found[:, 1:][found[:, 1:] == found[:, :-1]] = len(known)
        found.sort(axis=1)
        index[start:stop], used[start:stop] = found, (found < len(known)).sum(axis=1)

    map_chunks(collect, len(rows), num_threads)
    return Proposals(*map(torch.from_numpy, (rows, index, used)))


def _fill_cells(features: np.ndarray, cells: np.ndarray) -> Any:
    """Sort all samples into cells, in half precision."""
    faiss = import_faiss()
    count, dim = cells.shape
    nearest_cells = faiss.IndexFlatIP(dim)
    nearest_cells.add(cells)
    kind, metric = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    index = faiss.IndexIVFScalarQuantizer(nearest_cells, dim, count, kind, metric, False)
    index.nprobe = PROBES
    with _one_thread():
        index.train(features[:1])  # of half precision there is nothing to learn, but it must be
        for start in range(0, len(features), _ADDED_AT_ONCE):
            index.add(features[start : start + _ADDED_AT_ONCE])
    return index


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let faiss work in the calling thread alone: its threads may change the last bits."""
    faiss = import_faiss()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
