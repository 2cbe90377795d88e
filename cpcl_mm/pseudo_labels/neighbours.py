"""Exact nearest neighbours of unit vectors without the N x N similarity matrix.

Two steps. First, tiles of ``X X^T`` in float32 propose candidates: a row keeps whatever comes
within the rounding error of its K-th best value. The matrix is symmetric, so half of the tiles
serve both their rows and their columns. Then the candidates are ordered by their similarity in
fixed point (see :mod:`.fixed_point`), which depends on the two vectors alone. A faster product with
a larger error needs a larger margin and gives the same neighbours.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from numba import njit
from tqdm import tqdm

from .chunks import map_chunks
from .fixed_point import ONE, fixed_dot

_TILE = 1024
_STRIP = 64
_ROWS, _COLUMNS = 1, 2
_INDEX = 0xFFFFFFFF
_UNIT_ROUNDOFF = 2.0**-24
_DENSE_BUDGET = 1 << 21


class _Candidates(NamedTuple):
    """The best others of each of N rows so far, in C slots a row.

    A key holds a similarity s and an index j as ``(-s in fixed point) << 32 | j``: ascending keys
    are neighbours in order.
    """

    key: np.ndarray  # (N, C) int64
    used: np.ndarray  # (N,) int32, slots in use
    threshold: np.ndarray  # (N,) float32; lower values cannot be among the best; inf: too many can
    keep: int  # number of best others wanted
    margin: float  # similarities this close may be in the wrong order


def nearest_neighbours(features: np.ndarray, k: int, num_threads: int = 1) -> np.ndarray:
    """Find the k nearest rows of every row by inner product, exactly.

    A point is its own first neighbour, also when it has exact duplicates. The others follow by
    similarity (rounded to 2**-30), the larger first, and by index, the smaller first, where
    similarities are equal.

    Memory beyond the features: ``20 k + 512`` bytes per row, and one tile of 4 MiB.

    Args:
        features: (N, D) float32, C-contiguous, rows of unit length.
        k: Neighbours per row, the row itself included; no more than N are given.
        num_threads: Threads that scan the tiles; PyTorch's own setting holds for the products.

    Returns:
        (N, min(k, N)) int32.
    """
    total, dim = features.shape
    others = min(k, total) - 1
    ranked = np.empty((total, others + 1), dtype=np.int32)
    ranked[:, :1] = np.arange(total)[:, None]
    if others < 1:
        return ranked
    # D float32 additions in any order err by at most D roundoffs on unit vectors. Two values are
    # compared; eight more roundoffs cover the vectors' lengths and the threshold itself.
    margin = 2 * (dim + 8) * _UNIT_ROUNDOFF
    found = _scan_all(features, others, margin, num_threads)
    map_chunks(lambda start, stop: _rank(start, stop, features, found, ranked), total, num_threads)
    crowded = np.flatnonzero(found.threshold == np.inf)
    _rank_densely(features, crowded, others, ranked)
    return ranked


def _scan_all(features: np.ndarray, keep: int, margin: float, num_threads: int) -> _Candidates:
    """Offer every tile to its rows and to its columns."""
    total = len(features)
    slots = min(2 * keep + 64, total)
    found = _Candidates(
        key=np.empty((total, slots), dtype=np.int64),
        used=np.zeros(total, dtype=np.int32),
        threshold=np.full(total, -np.inf, dtype=np.float32),
        keep=keep,
        margin=margin,
    )
    for row, column, tile in _tiles(features):
        if row == column and len(tile) > keep:
            # A row's K-th best within its own tile is a bound to start from.
            best = np.partition(tile, -keep - 1, axis=1)[:, -keep - 1]
            found.threshold[row : row + len(tile)] = best - margin
        _scan_tile(row, column, tile, found, num_threads)
    return found


def _tiles(features: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield (first row, first column, tile), diagonal first, then above it; one shared buffer."""
    blocks = list(torch.from_numpy(features).split(_TILE))
    pairs = [(a, a) for a in range(len(blocks))]
    pairs += [(a, b) for a in range(len(blocks)) for b in range(a + 1, len(blocks))]
    buffer = torch.empty(_TILE * _TILE)
    with _full_precision():
        for a, b in tqdm(pairs, 'nearest neighbours', delay=2, leave=False, disable=None):
            shape = (len(blocks[a]), len(blocks[b]))
            tile = buffer[: shape[0] * shape[1]].view(shape)
            torch.mm(blocks[a], blocks[b].T, out=tile)
            yield a * _TILE, b * _TILE, tile.numpy()


def _scan_tile(
    row: int, column: int, tile: np.ndarray, found: _Candidates, num_threads: int
) -> None:
    """Offer one tile; several threads share out its rows first and its columns then."""

    def scan(rows: tuple[int, int], columns: tuple[int, int], owners: int) -> None:
        _scan(rows, columns, owners, tile, row, column, found)

    height, width = tile.shape
    off_diagonal = row != column
    if num_threads == 1:
        scan((0, height), (0, width), _ROWS | _COLUMNS if off_diagonal else _ROWS)
        return
    map_chunks(lambda *part: scan(part, (0, width), _ROWS), height, num_threads)
    if off_diagonal:
        map_chunks(lambda *part: scan((0, height), part, _COLUMNS), width, num_threads)


@contextmanager
def _full_precision() -> Iterator[None]:
    """Keep float32 products float32: a training script may have allowed bfloat16 ones."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision('highest')
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


@njit(cache=True, nogil=True)
def _scan(
    rows: tuple[int, int],
    columns: tuple[int, int],
    owners: int,
    tile: np.ndarray,
    first_row: int,
    first_column: int,
    found: _Candidates,
) -> None:
    """Offer part of a tile to its rows, its columns or both, strip by strip."""
    for r in range(rows[0], rows[1]):
        row = first_row + r
        for left in range(columns[0], columns[1], _STRIP):
            right = min(left + _STRIP, columns[1])
            threshold = found.threshold[row]
            hit = False
            for c in range(left, right):
                hit |= tile[r, c] >= min(threshold, found.threshold[first_column + c])
            if not hit:
                continue
            for c in range(left, right):
                column = first_column + c
                if owners & _ROWS and row != column and tile[r, c] >= found.threshold[row]:
                    _offer(row, column, tile[r, c], found)
                if owners & _COLUMNS and tile[r, c] >= found.threshold[column]:
                    _offer(column, row, tile[r, c], found)


@njit(cache=True, nogil=True)
def _offer(row: int, index: int, similarity: np.float32, found: _Candidates) -> None:
    """Note a candidate; a row whose slots are full drops what cannot be among its best."""
    slot = found.used[row]
    found.key[row, slot] = -np.int64(similarity * ONE) << 32 | index
    found.used[row] = slot + 1
    slots = found.key.shape[1]
    if slot + 1 == slots:
        _prune(row, found)
        if 2 * found.used[row] > found.keep + slots:
            found.threshold[row] = np.inf


@njit(cache=True, nogil=True)
def _prune(row: int, found: _Candidates) -> None:
    """Sort a row's candidates and drop those below its worst wanted one less the margin."""
    keys = found.key[row, : found.used[row]]
    keys.sort()
    limit = (keys[found.keep - 1] >> 32) + np.int64(found.margin * ONE)
    kept = found.keep
    while kept < len(keys) and keys[kept] >> 32 <= limit:
        kept += 1
    found.used[row] = kept
    found.threshold[row] = -limit / ONE


@njit(cache=True, nogil=True)
def _rank(
    start: int, stop: int, features: np.ndarray, found: _Candidates, ranked: np.ndarray
) -> None:
    """Order the candidates of rows start..stop by (fixed-point similarity, index)."""
    for row in range(start, stop):
        if found.threshold[row] == np.inf:
            continue
        _prune(row, found)
        keys = found.key[row, : found.used[row]]
        for slot in range(len(keys)):
            index = keys[slot] & _INDEX
            keys[slot] = -fixed_dot(features, row, index) << 32 | index
        keys.sort()
        for rank in range(found.keep):
            ranked[row, rank + 1] = keys[rank] & _INDEX


def _rank_densely(features: np.ndarray, rows: np.ndarray, keep: int, ranked: np.ndarray) -> None:
    """Rank rows with more near-ties than slots (duplicates, collapsed features) in float64."""
    total = len(features)
    columns = max(keep + 1, min(total, _TILE))
    height = max(1, _DENSE_BUDGET // columns)
    everything = torch.from_numpy(features)
    for start in tqdm(range(0, len(rows), height), 'near-ties', delay=2, leave=False, disable=None):
        chosen = torch.from_numpy(rows[start : start + height])
        queries = everything[chosen].double()
        best = torch.empty((len(chosen), 0), dtype=torch.int64)
        for left in range(0, total, columns):
            index = torch.arange(left, min(left + columns, total))
            similarity = queries @ everything[index].double().T
            keys = -(similarity * ONE + 0.5).floor().long() << 32 | index
            keys[chosen[:, None] == index] = torch.iinfo(torch.int64).max
            best = torch.cat([best, keys], dim=1)
            best = best.topk(min(keep, best.shape[1]), largest=False).values
        ranked[chosen.numpy(), 1:] = (best & _INDEX).numpy()
