"""The loops of the Jaccard distance without a compiler: sparse products of SciPy.

The functions are those of :mod:`.jaccard_compiled`, and so are their results; a thread works alone.
"""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from .fixed_point import ONE, fixed_dots
from .sparse_rows import SparseRows, as_rows

_ROWS_AT_ONCE = 4096
_PAIRS_AT_ONCE = 1 << 22


def encode(
    neighbours: np.ndarray, features: np.ndarray, half: int, num_threads: int = 1
) -> SparseRows:
    """Compute the encodings V, as :func:`.jaccard_compiled.encode` does."""
    full, halves = _reciprocal(neighbours), _reciprocal(neighbours[:, :half])
    sizes = np.diff(halves.indptr)
    parts = []
    for start in range(0, len(neighbours), _ROWS_AT_ONCE):
        own = full[start : start + _ROWS_AT_ONCE]
        # |H(q) & R(i)| for the members q of R(i)
        inside = (own @ halves.T).multiply(own).tocsr()
        inside.data = (3 * inside.data > 2 * sizes[inside.indices]).astype(np.int32)
        inside.eliminate_zeros()
        expanded = (own + inside @ halves).tocsr()
        parts.append(_softmax(expanded, start, features))
    return as_rows(sparse.vstack(parts, format='csr'))


def average(
    neighbours: np.ndarray, k2: int, encodings: SparseRows, num_threads: int = 1
) -> SparseRows:
    """Compute the local query expansion W, as :func:`.jaccard_compiled.average` does."""
    total = len(neighbours)
    near = _indicator(neighbours[:, :k2]).astype(np.int64)
    depth = min(k2, neighbours.shape[1])
    values = encodings.values.astype(np.int64)
    matrix = sparse.csr_matrix(
        (values, encodings.columns, encodings.start), shape=(total, total), dtype=np.int64
    )
    sums = near @ matrix
    sums.data = (sums.data + depth // 2) // depth
    return as_rows(sums)


def find_overlaps(
    rows: range, means: SparseRows, holders: SparseRows, least: int, num_threads: int = 1
) -> SparseRows:
    """Find rows that overlap, as :func:`.jaccard_compiled.find_overlaps` does."""
    total = len(means.start) - 1
    # Holders by (column, row), which ascends: where the later rows of a column begin.
    order = np.repeat(np.arange(total), np.diff(holders.start)) * total + holders.columns
    parts = [
        _overlaps_of(part, means, holders, order, least) for part in _cut(rows, means, holders)
    ]
    return as_rows(sparse.vstack(parts, format='csr'))


def _indicator(neighbours: np.ndarray) -> sparse.csr_matrix:
    """(N, N) ones at the neighbours of each row."""
    total, width = neighbours.shape
    start = np.arange(0, total * width + 1, width)
    ones = np.ones(total * width, dtype=np.int32)
    return sparse.csr_matrix((ones, neighbours.ravel(), start), shape=(total, total))


def _reciprocal(neighbours: np.ndarray) -> sparse.csr_matrix:
    """(N, N) ones where each of two points is a neighbour of the other."""
    near = _indicator(neighbours)
    return near.multiply(near.T).tocsr()


def _softmax(pattern: sparse.csr_matrix, first: int, features: np.ndarray) -> sparse.csr_matrix:
    """Weigh the non-zeros of the rows first, first + 1, ... by similarity."""
    counts = np.diff(pattern.indptr)
    rows = np.repeat(np.arange(first, first + len(counts)), counts)
    similarity = fixed_dots(features, rows, pattern.indices[:, None])[:, 0]
    weights = np.exp(2 * (similarity / ONE - 1))
    norms = np.add.reduceat(weights, pattern.indptr[:-1])
    pattern.data = np.floor(weights / np.repeat(norms, counts) * ONE + 0.5).astype(np.int32)
    return pattern


def _cut(rows: range, means: SparseRows, holders: SparseRows) -> Iterator[range]:
    """Cut rows into parts with so few pairs of weights that they fit into memory."""
    sizes = np.diff(holders.start)[means.columns]
    pairs = np.concatenate([[0], np.cumsum(sizes)])[means.start]
    start = rows.start
    while start < rows.stop:
        stop = int(np.searchsorted(pairs, pairs[start] + _PAIRS_AT_ONCE, side='right')) - 1
        stop = min(max(stop, start + 1), rows.stop)
        yield range(start, stop)
        start = stop


def _overlaps_of(
    rows: range, means: SparseRows, holders: SparseRows, order: np.ndarray, least: int
) -> sparse.csr_matrix:
    """Sum the smaller of two weights over the columns that two rows share."""
    total = len(means.start) - 1
    here = slice(means.start[rows.start], means.start[rows.stop])
    columns, weights = means.columns[here].astype(np.int64), means.values[here]
    owners = np.repeat(np.array(rows), np.diff(means.start[rows.start : rows.stop + 1]))
    begin = np.searchsorted(order, columns * total + owners, side='right')
    counts = holders.start[columns + 1] - begin
    ends = np.cumsum(counts)
    places = np.arange(counts.sum()) + np.repeat(begin - ends + counts, counts)
    shared = np.minimum(np.repeat(weights, counts), holders.values[places])
    at = (np.repeat(owners - rows.start, counts), holders.columns[places])
    overlaps = sparse.coo_matrix((shared, at), shape=(len(rows), total)).tocsr()
    overlaps.data[overlaps.data < least] = 0
    overlaps.eliminate_zeros()
    return overlaps
