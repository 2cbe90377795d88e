"""The loops of the Jaccard distance, compiled.

``neighbors`` (N, K) int32 holds the nearest neighbors in order, each point its own first, and
``features`` (N, D) float32 rows of unit length.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from cpcl_mm.utils.compiled import njit

from .chunks import map_chunks
from .fixed_point import ONE, fixed_dot

# What a kernel gives for a range of rows: non-zeros of each row, their columns, their values.
_Part = tuple[np.ndarray, np.ndarray, np.ndarray]


class SparseRows(NamedTuple):
    """Some rows of a sparse matrix, the layout of SciPy's CSR; arrays here, tensors in PyTorch."""

    start: Any  # (n + 1,) int64
    columns: Any  # (M,) int32
    values: Any  # (M,) int32, fixed point


def encode(
    neighbors: np.ndarray, features: np.ndarray, half: int, rows: range, num_threads: int = 1
) -> SparseRows:
    """Compute some rows of the encodings V.

    ``half`` columns of ``neighbors`` make the half-size sets.
    """
    back = np.empty_like(neighbors)
    map_chunks(
        lambda start, stop: _back_ranks(start, stop, neighbors, back), len(back), num_threads
    )
    return _build_rows(_encode, rows, num_threads, neighbors, back, features, half)


def average(
    neighbors: np.ndarray, k2: int, encodings: SparseRows, num_threads: int = 1
) -> SparseRows:
    """Compute W, the mean of the encodings V over the first ``k2`` neighbors."""
    everyone = range(len(neighbors))
    return _build_rows(_average, everyone, num_threads, neighbors, k2, encodings)


def transpose(matrix: SparseRows) -> SparseRows:
    """Transpose a square matrix; columns ascend in the result."""
    total = len(matrix.start) - 1
    columns = sparse.csr_matrix(
        (matrix.values, matrix.columns, matrix.start), shape=(total, total)
    ).tocsc()
    return SparseRows(
        columns.indptr.astype(np.int64),
        columns.indices.astype(np.int32),
        columns.data.astype(np.int32, copy=False),
    )


def find_overlaps(
    rows: range, means: SparseRows, holders: SparseRows, least: int, num_threads: int = 1
) -> SparseRows:
    """Find the later rows of W that overlap with some rows by at least ``least``, from 1.

    ``holders`` is the transpose of W: for each column the rows that have it, ascending.
    """
    return _build_rows(_overlaps, rows, num_threads, means, holders, least)


def _build_rows(
    kernel: Callable[..., _Part], rows: range, num_threads: int, *arguments: object
) -> SparseRows:
    """Join what a kernel gives for a range of rows."""

    def build(start: int, stop: int) -> _Part:
        return kernel(rows.start + start, rows.start + stop, *arguments)

    # Without any row, the kernel gives the empty arrays.
    parts = map_chunks(build, len(rows), num_threads) or [build(0, 0)]
    counts, columns, values = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return SparseRows(np.concatenate([[0], np.cumsum(counts)]), columns, values)


@njit(cache=True, nogil=True)
def _back_ranks(start: int, stop: int, neighbors: np.ndarray, back: np.ndarray) -> None:
    """Find the rank that row i has among the neighbors of its own neighbors (K if none)."""
    width = neighbors.shape[1]
    for row in range(start, stop):
        for c in range(width):
            other = neighbors[row, c]
            rank = 0
            while rank < width and neighbors[other, rank] != row:
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
    neighbors: np.ndarray,
    back: np.ndarray,
    half: int,
    marked: np.ndarray,
    members: np.ndarray,
) -> int:
    """Collect E(row) in ``members`` and give its size.

    ``marked`` holds 2 * row + 1 for members of R(row) and 2 * row for the rest of E(row).
    """
    width = neighbors.shape[1]
    size = 0
    for c in range(width):
        if back[row, c] < width:
            members[size] = neighbors[row, c]
            marked[members[size]] = 2 * row + 1
            size += 1
    for m in range(size):
        near = members[m]
        inside, count = 0, 0
        for c in range(half):
            if back[near, c] < half:
                count += 1
                inside += marked[neighbors[near, c]] == 2 * row + 1
        if 3 * inside <= 2 * count:
            continue
        for c in range(half):
            other = neighbors[near, c]
            if back[near, c] < half and marked[other] < 2 * row:
                members[size] = other
                marked[other] = 2 * row
                size += 1
    return size


@njit(cache=True, nogil=True)
def _encode(
    start: int,
    stop: int,
    neighbors: np.ndarray,
    back: np.ndarray,
    features: np.ndarray,
    half: int,
) -> _Part:
    """Compute the rows start..stop of V."""
    total = len(neighbors)
    marked = np.full(total, -1, dtype=np.int64)
    members = np.empty(total, dtype=np.int32)
    weights = np.empty(total, dtype=np.int64)
    counts = np.empty(stop - start, dtype=np.int64)
    columns = np.empty(16 * (stop - start), dtype=np.int32)
    values = np.empty(16 * (stop - start), dtype=np.int32)
    used = 0
    for row in range(start, stop):
        size = _expand(row, neighbors, back, half, marked, members)
        norm = np.int64(0)
        for m in range(size):
            similarity = fixed_dot(features[row], features[members[m]]) / ONE
            weights[m] = np.int64(np.exp(2 * (similarity - 1)) * ONE + 0.5)
            norm += weights[m]
        columns, values = _reserve(columns, used + size), _reserve(values, used + size)
        for m in range(size):
            columns[used + m] = members[m]
            values[used + m] = np.int64(weights[m] / norm * ONE + 0.5)
        counts[row - start] = size
        used += size
    return counts, columns[:used], values[:used]


@njit(cache=True, nogil=True)
def _average(start: int, stop: int, neighbors: np.ndarray, k2: int, encodings: SparseRows) -> _Part:
    """Compute the rows start..stop of W."""
    total = len(neighbors)
    depth = min(k2, neighbors.shape[1])
    sums = np.zeros(total, dtype=np.int64)
    members = np.empty(total, dtype=np.int32)
    counts = np.empty(stop - start, dtype=np.int64)
    columns = np.empty(48 * (stop - start), dtype=np.int32)
    values = np.empty(48 * (stop - start), dtype=np.int32)
    used = 0
    for row in range(start, stop):
        size = 0
        for c in range(depth):
            near = neighbors[row, c]
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
def _overlaps(start: int, stop: int, means: SparseRows, holders: SparseRows, least: int) -> _Part:
    """Find the later rows of W that overlap with rows start..stop by at least ``least``.

    Only some columns of a row are scanned. What is left decides for few of the rows met, and those
    are looked at one by one.
    """
    total = len(means.start) - 1
    overlap = np.zeros(total, dtype=np.int32)
    left = np.zeros(total, dtype=np.int32)
    met = np.empty(total, dtype=np.int32)
    counts = np.zeros(stop - start, dtype=np.int64)
    columns = np.empty(8 * (stop - start), dtype=np.int32)
    values = np.empty(8 * (stop - start), dtype=np.int32)
    used = 0
    for row in range(start, stop):
        size, unseen = _scan_columns(row, means, holders, least, overlap, left, met)
        columns, values = _reserve(columns, used + size), _reserve(values, used + size)
        for m in range(size):
            other = met[m]
            shared = overlap[other]
            overlap[other] = 0
            if shared + unseen < least:
                continue
            for p in range(means.start[other], means.start[other + 1]):
                shared += min(left[means.columns[p]], means.values[p])
            if shared >= least:
                columns[used], values[used] = other, shared
                counts[row - start] += 1
                used += 1
        for p in range(means.start[row], means.start[row + 1]):
            left[means.columns[p]] = 0
    return counts, columns[:used], values[:used]


@njit(cache=True, nogil=True)
def _scan_columns(
    row: int,
    means: SparseRows,
    holders: SparseRows,
    least: int,
    overlap: np.ndarray,
    left: np.ndarray,
    met: np.ndarray,
) -> tuple[int, np.int64]:
    """Add up overlaps of a row with later rows, over the columns that are cheap for their weight.

    A row that is met in none of them shares at most the weight that is left, which is below
    ``least``. To stop at half of it leaves fewer rows to look at, and was measured to be fastest.

    Returns:
        How many rows are in ``met``, and the weight that is left, by column in ``left``.
    """
    first, last = means.start[row], means.start[row + 1]
    cost = np.empty(last - first)
    unseen = np.int64(0)
    for p in range(first, last):
        column, weight = means.columns[p], means.values[p]
        cost[p - first] = (holders.start[column + 1] - holders.start[column]) / max(weight, 1)
        left[column] = weight
        unseen += weight
    size = 0
    for k in np.argsort(cost):
        if 2 * unseen < least:
            break
        column, weight = means.columns[first + k], means.values[first + k]
        unseen -= weight
        left[column] = 0
        for h in range(holders.start[column + 1] - 1, holders.start[column] - 1, -1):
            other = holders.columns[h]
            if other <= row:
                break
            # Without a branch, which would often be mispredicted: half of the rows are new.
            met[size] = other
            size += overlap[other] == 0
            overlap[other] += min(weight, holders.values[h])
    return size, unseen
