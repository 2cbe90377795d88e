"""The backend of CPUs: tiles of ``X X^T``, scanned by compiled loops.

The matrix is symmetric, so a tile whose rows and columns both lie in a rank's share serves both:
one rank computes half of all tiles. Each thread multiplies and scans tiles of its own.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from cpcl_mm.utils.compiled import njit

from .candidates import CROWDED, Candidates, num_slots, precise_products, product_error
from .chunks import map_chunks, progress
from .fixed_point import ONE

_TILE = 768
_STRIP = 32
_CHUNK = 4096
_INDEX = 0xFFFFFFFF


class _Slots(NamedTuple):
    """The best others of some rows so far, in C slots a row.

    A key holds a similarity s and an index j as ``(-s in fixed point) << 32 | j``: ascending keys
    are neighbors in order.
    """

    key: np.ndarray  # (n, C) int64
    used: np.ndarray  # (n,) int32, slots in use
    threshold: np.ndarray  # (n,) float32; lower values cannot be among the best; inf: too many can
    keep: int  # number of best others wanted
    margin: float  # similarities this close may be in the wrong order

    def part(self, rows: slice) -> '_Slots':
        """View some of the rows."""
        return self._replace(
            key=self.key[rows], used=self.used[rows], threshold=self.threshold[rows]
        )


def propose(features: Tensor, rows: range, keep: int, num_threads: int) -> Iterator[Candidates]:
    """Give the candidates of some rows, of which the ``keep`` best are wanted, in parts.

    Memory beyond the features: ``8 (2 keep + 64)`` bytes for each of the rows, and a tile of
    2.3 MiB for each thread.
    """
    total, dim = features.shape
    found = _no_slots(len(rows), num_slots(keep, total), keep, 2 * product_error(dim))
    with precise_products(), _products_on_one_thread():
        _scan_all(features, rows, found, num_threads)
    map_chunks(lambda start, stop: _finish(start, stop, found), len(rows), num_threads)
    for start in range(0, len(rows), _CHUNK):
        here = found.part(slice(start, start + _CHUNK))
        index = torch.from_numpy((here.key & _INDEX).astype(np.int32))
        chosen = torch.from_numpy(np.array(rows[start : start + _CHUNK]))
        yield Candidates(chosen, index, torch.from_numpy(here.used))


def _no_slots(
    rows: int, slots: int, keep: int, margin: float, threshold: float = -np.inf
) -> _Slots:
    return _Slots(
        key=np.empty((rows, slots), dtype=np.int64),
        used=np.zeros(rows, dtype=np.int32),
        threshold=np.full(rows, threshold, dtype=np.float32),
        keep=keep,
        margin=margin,
    )


def _scan_all(features: Tensor, rows: range, found: _Slots, num_threads: int) -> None:
    """Offer every tile to its rows and, within the share, to its columns."""
    buffers: SimpleQueue[Tensor] = SimpleQueue()
    for _ in range(num_threads):
        buffers.put(torch.empty(_TILE * _TILE))

    def work(blocks: tuple[range, range]) -> None:
        a, b = blocks
        buffer = buffers.get()
        tile = buffer[: len(a) * len(b)].view(len(a), len(b))
        torch.mm(features[a.start : a.stop], features[b.start : b.stop].T, out=tile)
        _scan_tile(tile.numpy(), a.start, b.start, rows, found)
        buffers.put(buffer)

    with ThreadPoolExecutor(num_threads) as pool:
        for pairs in progress(_rounds(rows, len(features)), 'nearest neighbors'):
            list(pool.map(work, pairs))


@contextmanager
def _products_on_one_thread() -> Iterator[None]:
    """Keep PyTorch's threads out: after a product they spin, on the cores of the scans."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _rounds(rows: range, total: int) -> list[list[tuple[range, range]]]:
    """Arrange all (rows, columns) of tiles in rounds.

    No block of the share occurs twice in a round, so threads never write to the same candidates.
    Diagonal tiles come first, then the other tiles within the share, then the rest.
    """
    own = _blocks(rows.start, rows.stop)
    others = _blocks(0, rows.start) + _blocks(rows.stop, total)
    rounds = [[(block, block) for block in own], *_tournament(own)]
    return rounds + [[(block, other) for block in own] for other in others]


def _tournament(blocks: list[range]) -> Iterator[list[tuple[range, range]]]:
    """Let every block meet every other one once, in rounds, by the circle method."""
    free = [range(0)] * (len(blocks) % 2)
    first, *circle = blocks + free
    for _ in circle:
        players = [first, *circle]
        half = len(players) // 2
        pairs = zip(players[:half], reversed(players[half:]), strict=True)
        yield [(a, b) for a, b in pairs if a and b]
        circle = [circle[-1], *circle[:-1]]


def _blocks(start: int, stop: int) -> list[range]:
    return [range(first, min(first + _TILE, stop)) for first in range(start, stop, _TILE)]


def _scan_tile(tile: np.ndarray, row: int, column: int, rows: range, found: _Slots) -> None:
    """Offer one tile, of which the first row and column are given, to the rows of the share."""
    height, width = tile.shape
    for_rows = found.part(slice(row - rows.start, row - rows.start + height))
    if row == column and height > found.keep:
        # A row's K-th best within its own tile is a bound to start from.
        best = np.partition(tile, -found.keep - 1, axis=1)[:, -found.keep - 1]
        for_rows.threshold[:] = best - found.margin
    if row != column and column in rows:
        for_columns = found.part(slice(column - rows.start, column - rows.start + width))
    else:
        for_columns = _no_slots(width, 0, found.keep, found.margin, threshold=np.inf)
    _scan(tile, row, column, for_rows, for_columns)


@njit(cache=True, nogil=True)
def _scan(
    tile: np.ndarray,
    first_row: int,
    first_column: int,
    for_rows: _Slots,
    for_columns: _Slots,
) -> None:
    """Offer a tile to its rows and its columns, strip by strip."""
    height, width = tile.shape
    for r in range(height):
        left = _next_hit(tile[r], 0, for_rows.threshold[r], for_columns.threshold)
        while left < width:
            right = min(left + _STRIP, width)
            for c in range(left, right):
                value, row, column = tile[r, c], first_row + r, first_column + c
                if value >= for_rows.threshold[r] and row != column:
                    _offer(r, column, value, for_rows)
                if value >= for_columns.threshold[c]:
                    _offer(c, row, value, for_columns)
            left = _next_hit(tile[r], right, for_rows.threshold[r], for_columns.threshold)


@njit(cache=True, nogil=True)
def _next_hit(values: np.ndarray, start: int, threshold: np.float32, thresholds: np.ndarray) -> int:
    """Find the next strip of which a value reaches the one threshold or its own.

    Most strips hold none. They are passed in a function of its own, with no branch within a strip,
    so that the compiler looks at many values at a time.

    Returns:
        The strip's first column; past the last column if there is none.
    """
    for left in range(start, len(values), _STRIP):
        right = min(left + _STRIP, len(values))
        strip, limits = values[left:right], thresholds[left:right]
        hits = np.int32(0)
        for i in range(len(strip)):
            lower = limits[i] if limits[i] < threshold else threshold
            hits += np.int32(1) if strip[i] >= lower else np.int32(0)
        if hits:
            return left
    return len(values)


# A call would count references to all arrays, for each of millions of candidates.
@njit(cache=True, nogil=True, inline='always')
def _offer(owner: int, index: int, similarity: np.float32, found: _Slots) -> None:
    """Note a candidate; a row whose slots are full drops what cannot be among its best."""
    slot = found.used[owner]
    found.key[owner, slot] = -np.int64(similarity * ONE) << 32 | index
    found.used[owner] = slot + 1
    if slot + 1 == found.key.shape[1]:
        _make_room(owner, found)


@njit(cache=True, nogil=True)
def _make_room(owner: int, found: _Slots) -> None:
    """Prune a row whose slots are full, and give it up if most of them stay so."""
    _prune(owner, found)
    if 2 * found.used[owner] > found.keep + found.key.shape[1]:
        found.threshold[owner] = np.inf


@njit(cache=True, nogil=True)
def _prune(owner: int, found: _Slots) -> None:
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


@njit(cache=True, nogil=True)
def _finish(start: int, stop: int, found: _Slots) -> None:
    """Drop what cannot be among the best, and mark rows that had too many near-ties."""
    for owner in range(start, stop):
        if found.threshold[owner] == np.inf:
            found.used[owner] = CROWDED
        else:
            _prune(owner, found)
