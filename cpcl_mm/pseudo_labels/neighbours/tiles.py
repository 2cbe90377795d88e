"""The backend of CPUs: tiles of ``X X^T``, scanned by compiled loops.

The matrix is symmetric, so a tile whose rows and columns both lie in a rank's share serves both:
one rank computes half of all tiles.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from cpcl_mm.utils.compiled import njit

from ..chunks import map_chunks
from ..fixed_point import ONE
from ..progress import progress
from .products import Products
from .proposals import CROWDED, Proposals, num_slots

_TILE = 1024
_STRIP = 32
_CHUNK = 4096
_INDEX = 0xFFFFFFFF


class _Candidates(NamedTuple):
    """The best others of some rows so far, in C slots a row.

    A key holds a similarity s and an index j as ``(-s in fixed point) << 32 | j``: ascending keys
    are neighbours in order.
    """

    key: np.ndarray  # (n, C) int64
    used: np.ndarray  # (n,) int32, slots in use
    threshold: np.ndarray  # (n,) float32; lower values cannot be among the best; inf: too many can
    keep: int  # number of best others wanted
    margin: float  # similarities this close may be in the wrong order

    def part(self, rows: slice) -> '_Candidates':
        """View some of the rows."""
        return self._replace(
            key=self.key[rows], used=self.used[rows], threshold=self.threshold[rows]
        )


def propose(
    features: Tensor, rows: range, keep: int, precision: str, num_threads: int
) -> Iterator[Proposals]:
    """Scan all tiles of some rows.

    Memory beyond the features: ``8 (2 keep + 64)`` bytes for each of the rows, and a tile of 4 MiB.

    Args:
        features: (N, D) float32, contiguous, rows of unit length, on the CPU.
        rows: The rows to find candidates for.
        keep: Neighbours wanted beside a row itself.
        precision: One of ``PRECISIONS``.
        num_threads: Threads that scan the tiles; PyTorch's own setting holds for the products.

    Yields:
        Proposals of some rows each.
    """
    total = len(features)
    products = Products(features, precision)
    found = _no_candidates(len(rows), num_slots(keep, total, precision), keep, 2 * products.error)
    with products.precise(), ThreadPoolExecutor(num_threads) as pool:
        _scan_all(products, rows, total, found, num_threads, pool)
    for start in range(0, len(rows), _CHUNK):
        here = found.part(slice(start, start + _CHUNK))
        _finish_all(here, num_threads)
        index = torch.from_numpy((here.key & _INDEX).astype(np.int32))
        chosen = torch.from_numpy(np.array(rows[start : start + _CHUNK]))
        yield Proposals(chosen, index, torch.from_numpy(here.used))


def _no_candidates(
    rows: int, slots: int, keep: int, margin: float, threshold: float = -np.inf
) -> _Candidates:
    return _Candidates(
        key=np.empty((rows, slots), dtype=np.int64),
        used=np.zeros(rows, dtype=np.int32),
        threshold=np.full(rows, threshold, dtype=np.float32),
        keep=keep,
        margin=margin,
    )


def _scan_all(
    products: Products,
    rows: range,
    total: int,
    found: _Candidates,
    num_threads: int,
    pool: ThreadPoolExecutor,
) -> None:
    """Offer every tile to its rows and, within the share, to its columns."""
    nobody = _no_candidates(_TILE, 0, found.keep, found.margin, threshold=np.inf)
    for row, column, tile in _tiles(products, rows, total):
        height, width = tile.shape
        for_rows = found.part(slice(row - rows.start, row - rows.start + height))
        for_columns = nobody
        if row == column and height > found.keep:
            # A row's K-th best within its own tile is a bound to start from.
            best = np.partition(tile, -found.keep - 1, axis=1)[:, -found.keep - 1]
            for_rows.threshold[:] = best - found.margin
        if row != column and column in rows:
            for_columns = found.part(slice(column - rows.start, column - rows.start + width))
        _scan_tile(tile, row, column, for_rows, for_columns, nobody, num_threads, pool)


def _tiles(products: Products, rows: range, total: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield (first row, first column, tile) in one shared buffer.

    Diagonal tiles come first, then those above them within the share, then the rest.
    """
    own = _blocks(rows.start, rows.stop)
    others = _blocks(0, rows.start) + _blocks(rows.stop, total)
    pairs = [(block, block) for block in own]
    pairs += [(a, b) for number, a in enumerate(own) for b in own[number + 1 :]]
    pairs += [(a, b) for a in own for b in others]
    buffer = torch.empty(_TILE * _TILE)
    for a, b in progress(pairs, 'nearest neighbours'):
        tile = buffer[: len(a) * len(b)].view(len(a), len(b))
        columns = products.operand[b.start : b.stop]
        products.multiply(products.operand[a.start : a.stop], columns, tile)
        yield a.start, b.start, tile.numpy()


def _blocks(start: int, stop: int) -> list[range]:
    return [range(first, min(first + _TILE, stop)) for first in range(start, stop, _TILE)]


def _scan_tile(
    tile: np.ndarray,
    row: int,
    column: int,
    for_rows: _Candidates,
    for_columns: _Candidates,
    nobody: _Candidates,
    num_threads: int,
    pool: ThreadPoolExecutor,
) -> None:
    """Offer one tile; several threads share out its rows first and its columns then."""
    height, width = tile.shape
    if num_threads == 1:
        _scan((0, height), (0, width), tile, row, column, for_rows, for_columns)
        return

    def scan_rows(start: int, stop: int) -> None:
        _scan((start, stop), (0, width), tile, row, column, for_rows, nobody)

    def scan_columns(start: int, stop: int) -> None:
        _scan((0, height), (start, stop), tile, row, column, nobody, for_columns)

    map_chunks(scan_rows, height, num_threads, pool)
    if for_columns is not nobody:
        map_chunks(scan_columns, width, num_threads, pool)


@njit(cache=True, nogil=True)
def _scan(
    rows: tuple[int, int],
    columns: tuple[int, int],
    tile: np.ndarray,
    first_row: int,
    first_column: int,
    for_rows: _Candidates,
    for_columns: _Candidates,
) -> None:
    """Offer part of a tile to its rows and its columns, strip by strip."""
    for r in range(rows[0], rows[1]):
        left = _next_hit(tile[r], columns, for_rows.threshold[r], for_columns.threshold)
        while left < columns[1]:
            right = min(left + _STRIP, columns[1])
            for c in range(left, right):
                value, row, column = tile[r, c], first_row + r, first_column + c
                if value >= for_rows.threshold[r] and row != column:
                    _offer(r, column, value, for_rows)
                if value >= for_columns.threshold[c]:
                    _offer(c, row, value, for_columns)
            rest = (right, columns[1])
            left = _next_hit(tile[r], rest, for_rows.threshold[r], for_columns.threshold)


@njit(cache=True, nogil=True)
def _next_hit(
    values: np.ndarray, columns: tuple[int, int], threshold: np.float32, thresholds: np.ndarray
) -> int:
    """Find the first strip of which a value reaches the one threshold or its own.

    Most strips hold none. They are passed in a function of its own, with no branch within a strip,
    so that the compiler looks at many values at a time.

    Returns:
        The strip's first column; past the last column if there is none.
    """
    for left in range(columns[0], columns[1], _STRIP):
        right = min(left + _STRIP, columns[1])
        strip, limits = values[left:right], thresholds[left:right]
        hits = np.int32(0)
        for i in range(len(strip)):
            lower = limits[i] if limits[i] < threshold else threshold
            hits += np.int32(1) if strip[i] >= lower else np.int32(0)
        if hits:
            return left
    return columns[1]


# A call would count references to all arrays, for each of millions of candidates.
@njit(cache=True, nogil=True, inline='always')
def _offer(owner: int, index: int, similarity: np.float32, found: _Candidates) -> None:
    """Note a candidate; a row whose slots are full drops what cannot be among its best."""
    slot = found.used[owner]
    found.key[owner, slot] = -np.int64(similarity * ONE) << 32 | index
    found.used[owner] = slot + 1
    if slot + 1 == found.key.shape[1]:
        _make_room(owner, found)


@njit(cache=True, nogil=True)
def _make_room(owner: int, found: _Candidates) -> None:
    """Prune a row whose slots are full, and give it up if most of them stay so."""
    _prune(owner, found)
    if 2 * found.used[owner] > found.keep + found.key.shape[1]:
        found.threshold[owner] = np.inf


@njit(cache=True, nogil=True)
def _prune(owner: int, found: _Candidates) -> None:
    """Drop a row's candidates below its worst wanted one less the margin."""
    keys = np.partition(found.key[owner, : found.used[owner]], found.keep - 1)
    limit = (keys[found.keep - 1] >> 32) + np.int64(found.margin * ONE)
    kept = 0
    for key in keys:
        if key >> 32 <= limit:
            found.key[owner, kept] = key
            kept += 1
    found.used[owner] = kept
    found.threshold[owner] = -limit / ONE


def _finish_all(found: _Candidates, num_threads: int) -> None:
    """Finish all rows, on several threads."""
    map_chunks(lambda start, stop: _finish(start, stop, found), len(found.used), num_threads)


@njit(cache=True, nogil=True)
def _finish(start: int, stop: int, found: _Candidates) -> None:
    """Drop what cannot be among the best, and mark rows that had too many near-ties."""
    for owner in range(start, stop):
        if found.threshold[owner] == np.inf:
            found.used[owner] = CROWDED
        else:
            _prune(owner, found)
