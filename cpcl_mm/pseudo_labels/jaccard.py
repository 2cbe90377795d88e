"""k-reciprocal Jaccard distance, as a sparse graph.

The distance of Zhong et al., "Re-ranking Person Re-identification with k-reciprocal Encoding"
(CVPR 2017, arXiv:1701.08398), in the form that clustering methods for re-identification use,
without ever holding an N x N matrix:

1. The reciprocal set R(i) holds the neighbours of i that have i among their own.
2. The expansion E(i) adds every half-size reciprocal set of a member of R(i) of which more than two
   thirds lie in R(i).
3. The encoding V(i, .) is the softmax of ``-(2 - 2 x_i.x_c)`` over c in E(i), 0 elsewhere.
4. Local query expansion: W(i) is the mean encoding of the first k2 neighbours of i.
5. With the overlap ``t = sum_c min(W_ic, W_jc)`` the distance is ``1 - t / (2 - t)``.

Encodings are in fixed point, so overlaps are exact integers and the same on any number of threads.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy import sparse
from tqdm import tqdm

from .chunks import map_chunks
from .fixed_point import ONE, fixed_dot
from .graph import DistanceGraph

_EDGES_AT_ONCE = 1 << 23
_ROWS_AT_ONCE = 256

#: A distance within this of the limit counts as within it: the rounding of weights and sums must
#: not decide about a pair that lies on the limit exactly.
TOLERANCE = 2.0**-22


# What a kernel gives for a range of rows: non-zeros of each row, their columns, their values.
_Part = tuple[np.ndarray, np.ndarray, np.ndarray]


class _Rows(NamedTuple):
    """Sparse rows, the layout of SciPy's CSR."""

    start: np.ndarray  # (N + 1,) int64
    columns: np.ndarray  # (M,) int32
    values: np.ndarray  # (M,) int32, fixed point


def jaccard_graph_parts(
    features: np.ndarray,
    neighbours: np.ndarray,
    k1: int,
    k2: int,
    max_distance: float,
    num_threads: int = 1,
) -> Iterator[DistanceGraph]:
    """Find all pairs whose k-reciprocal Jaccard distance is at most ``max_distance``.

    Memory beyond the arguments: 8 bytes for every non-zero of V, of W and of W's transpose, 4 for
    every neighbour, and one part of the graph. The whole may be large: it has N^2 / 2 edges if all
    features are equal.

    Args:
        features: (N, D) float32, rows of unit length.
        neighbours: (N, K) int32, the nearest neighbours in order, each point its own first.
        k1: Neighbourhood size from which the half size ``round(k1 / 2) + 1`` follows (halves to
            even); K is usually k1.
        k2: Neighbours, the point included, over which encodings are averaged.
        max_distance: Limit in (0, 1).
        num_threads: Threads to work on.

    Yields:
        The graph in parts: the edges of some rows each, rows ascending.
    """
    total, width = neighbours.shape
    half = min(round(k1 / 2) + 1, width)
    back = np.empty((total, width), dtype=np.int32)
    map_chunks(lambda start, stop: _back_ranks(start, stop, neighbours, back), total, num_threads)
    everyone = range(total)
    encodings = _build_rows(_encode, everyone, num_threads, neighbours, back, features, half)
    means = _build_rows(_average, everyone, num_threads, neighbours, k2, encodings)
    holders = _transpose(means)
    limit = max_distance + TOLERANCE
    least = max(1, int(np.ceil(2 * (1 - limit) / (2 - limit) * ONE)))
    step = max(_ROWS_AT_ONCE, _EDGES_AT_ONCE // max(total, 1))
    for start in tqdm(range(0, total, step), 'Jaccard', delay=2, leave=False, disable=None):
        rows = everyone[start : start + step]
        overlaps = _build_rows(_overlaps, rows, num_threads, means, holders, least)
        yield _as_graph(total, rows, overlaps)


def _as_graph(total: int, rows: range, overlaps: _Rows) -> DistanceGraph:
    """Turn the overlaps of a range of rows into distances."""
    overlap = overlaps.values / ONE
    return DistanceGraph(
        num_nodes=total,
        rows=np.repeat(np.arange(rows.start, rows.stop, dtype=np.int32), np.diff(overlaps.start)),
        columns=overlaps.columns,
        distances=np.maximum(1 - overlap / (2 - overlap), 0).astype(np.float32),
    )


def _transpose(matrix: _Rows) -> _Rows:
    """Transpose a square matrix; columns ascend in the result."""
    total = len(matrix.start) - 1
    columns = sparse.csr_matrix(
        (matrix.values, matrix.columns, matrix.start), shape=(total, total)
    ).tocsc()
    return _Rows(columns.indptr.astype(np.int64), columns.indices.astype(np.int32), columns.data)


def _build_rows(
    kernel: Callable[..., _Part], rows: range, num_threads: int, *arguments: object
) -> _Rows:
    """Join what a kernel gives for a range of rows."""
    parts = map_chunks(
        lambda start, stop: kernel(rows.start + start, rows.start + stop, *arguments),
        len(rows),
        num_threads,
    )
    counts, columns, values = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return _Rows(np.concatenate([[0], np.cumsum(counts)]), columns, values)


@njit(cache=True, nogil=True)
def _back_ranks(start: int, stop: int, neighbours: np.ndarray, back: np.ndarray) -> None:
    """Find the rank that row i has among the neighbours of its own neighbours (K if none)."""
    width = neighbours.shape[1]
    for row in range(start, stop):
        for c in range(width):
            other = neighbours[row, c]
            rank = 0
            while rank < width and neighbours[other, rank] != row:
                rank += 1
            back[row, c] = rank


@njit(cache=True, nogil=True)
def _reserve(array: np.ndarray, size: int) -> np.ndarray:
    """Give an array with room for ``size`` items, grown by doubling."""
    if size <= len(array):
        return array
    grown = np.empty(max(size, 2 * len(array)), dtype=array.dtype)
    for item in range(len(array)):
        grown[item] = array[item]
    return grown


@njit(cache=True, nogil=True)
def _expand(
    row: int,
    neighbours: np.ndarray,
    back: np.ndarray,
    half: int,
    marked: np.ndarray,
    members: np.ndarray,
) -> int:
    """Collect E(row) in ``members`` and give its size.

    ``marked`` holds 2 * row + 1 for members of R(row) and 2 * row for the rest of E(row).
    """
    width = neighbours.shape[1]
    size = 0
    for c in range(width):
        if back[row, c] < width:
            members[size] = neighbours[row, c]
            marked[members[size]] = 2 * row + 1
            size += 1
    for m in range(size):
        near = members[m]
        inside, count = 0, 0
        for c in range(half):
            if back[near, c] < half:
                count += 1
                inside += marked[neighbours[near, c]] == 2 * row + 1
        if 3 * inside <= 2 * count:
            continue
        for c in range(half):
            other = neighbours[near, c]
            if back[near, c] < half and marked[other] < 2 * row:
                members[size] = other
                marked[other] = 2 * row
                size += 1
    return size


@njit(cache=True, nogil=True)
def _encode(
    start: int,
    stop: int,
    neighbours: np.ndarray,
    back: np.ndarray,
    features: np.ndarray,
    half: int,
) -> _Part:
    """Compute the rows start..stop of V."""
    total = len(neighbours)
    marked = np.full(total, -1, dtype=np.int64)
    members = np.empty(total, dtype=np.int32)
    weights = np.empty(total)
    counts = np.empty(stop - start, dtype=np.int64)
    columns = np.empty(16 * (stop - start), dtype=np.int32)
    values = np.empty(16 * (stop - start), dtype=np.int32)
    used = 0
    for row in range(start, stop):
        size = _expand(row, neighbours, back, half, marked, members)
        norm = 0.0
        for m in range(size):
            weights[m] = np.exp(2 * (fixed_dot(features, row, members[m]) / ONE - 1))
            norm += weights[m]
        columns, values = _reserve(columns, used + size), _reserve(values, used + size)
        for m in range(size):
            columns[used + m] = members[m]
            values[used + m] = np.int64(weights[m] / norm * ONE + 0.5)
        counts[row - start] = size
        used += size
    return counts, columns[:used], values[:used]


@njit(cache=True, nogil=True)
def _average(start: int, stop: int, neighbours: np.ndarray, k2: int, encodings: _Rows) -> _Part:
    """Compute the rows start..stop of W."""
    total = len(neighbours)
    depth = min(k2, neighbours.shape[1])
    sums = np.zeros(total, dtype=np.int64)
    members = np.empty(total, dtype=np.int32)
    counts = np.empty(stop - start, dtype=np.int64)
    columns = np.empty(48 * (stop - start), dtype=np.int32)
    values = np.empty(48 * (stop - start), dtype=np.int32)
    used = 0
    for row in range(start, stop):
        size = 0
        for c in range(depth):
            near = neighbours[row, c]
            for p in range(encodings.start[near], encodings.start[near + 1]):
                column = encodings.columns[p]
                if sums[column] == 0:
                    members[size] = column
                    size += 1
                sums[column] += encodings.values[p]
        columns, values = _reserve(columns, used + size), _reserve(values, used + size)
        for m in range(size):
            columns[used + m] = members[m]
            values[used + m] = (sums[members[m]] + depth // 2) // depth
            sums[members[m]] = 0
        counts[row - start] = size
        used += size
    return counts, columns[:used], values[:used]


@njit(cache=True, nogil=True)
def _overlaps(start: int, stop: int, means: _Rows, holders: _Rows, least: int) -> _Part:
    """Find the later rows of W that overlap with rows start..stop by at least ``least``.

    ``holders`` is the transpose of W: for each column the rows that have it, ascending.
    """
    total = len(means.start) - 1
    overlap = np.zeros(total, dtype=np.int32)
    met = np.empty(total, dtype=np.int32)
    counts = np.zeros(stop - start, dtype=np.int64)
    columns = np.empty(8 * (stop - start), dtype=np.int32)
    values = np.empty(8 * (stop - start), dtype=np.int32)
    used = 0
    for row in range(start, stop):
        size = 0
        for p in range(means.start[row], means.start[row + 1]):
            column, weight = means.columns[p], means.values[p]
            for h in range(holders.start[column + 1] - 1, holders.start[column] - 1, -1):
                other = holders.columns[h]
                if other <= row:
                    break
                # Without a branch, which would often be mispredicted: half of the rows are new.
                met[size] = other
                size += overlap[other] == 0
                overlap[other] += min(weight, holders.values[h])
        columns, values = _reserve(columns, used + size), _reserve(values, used + size)
        for m in range(size):
            other = met[m]
            if overlap[other] >= least:
                columns[used], values[used] = other, overlap[other]
                counts[row - start] += 1
                used += 1
            overlap[other] = 0
    return counts, columns[:used], values[:used]
