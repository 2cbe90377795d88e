"""What the backends share: candidates for the neighbors, and the exact order among them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cpcl_mm.utils.compiled import COMPILED, njit

from .chunks import map_chunks, progress
from .fixed_point import fixed_dot, fixed_dots, round_to_fixed

#: In place of a number of candidates: there are more than a backend could keep.
CROWDED = 0

_INDEX = 0xFFFFFFFF
_LAST = torch.iinfo(torch.int64).max
_COLUMNS = 1024
_DENSE_BUDGET = 1 << 21


@dataclass(frozen=True)
class Candidates:
    """Candidates for the nearest neighbors of some rows; the true ones are among them.

    Attributes:
        rows (Tensor): (n,) int64, the rows, on the device of the features like the others.
        index (Tensor): (n, C) integers, their candidates in any order; a row itself may be one.
        used (Tensor): (n,) int32, how many of the C slots count; ``CROWDED`` where no choice could
            be made.
    """

    rows: Tensor
    index: Tensor
    used: Tensor


def num_slots(keep: int, total: int) -> int:
    """Give the number of candidates to keep room for, with some for near-ties."""
    return min(2 * keep + 64, total)


def product_error(dim: int) -> float:
    """Bound how far a similarity of unit vectors in float32 is off.

    D additions in any order err by at most D roundoffs; eight more cover lengths and comparisons.
    """
    return (dim + 8) * 2.0**-24


@contextmanager
def precise_products() -> Iterator[None]:
    """Multiply in float32 proper: a training script may have allowed less."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision('highest')
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def rank_all(
    features: Tensor, rows: Tensor, keep: int, parts: Iterable[Candidates], num_threads: int = 1
) -> Tensor:
    """Rank the candidates of some rows, and all samples for rows that are crowded.

    ``parts`` are in the order of ``rows`` (n,). Gives (n, keep + 1) int32, each row its own first.
    """
    table = torch.empty((len(rows), keep + 1), dtype=torch.int32, device=features.device)
    table[:, 0] = rows
    crowded = torch.zeros(len(rows), dtype=torch.bool, device=features.device)
    done = 0
    for part in parts:
        here = slice(done, done + len(part.rows))
        table[here, 1:] = rank(features, part, keep, num_threads)
        crowded[here] = part.used == CROWDED
        done = here.stop
    if crowded.any():
        table[crowded, 1:] = rank_densely(features, rows[crowded], keep)
    return table


def rank(features: Tensor, candidates: Candidates, keep: int, num_threads: int = 1) -> Tensor:
    """Give the nearest others among candidates, (n, keep) int32; anything for crowded rows.

    Ascending keys ``(-s in fixed point) << 32 | j`` are neighbors in order: similarity s
    descending, then index j ascending.
    """
    if features.device.type != 'cpu' or not COMPILED:
        return _rank_in_torch(features, candidates, keep)
    best = torch.zeros((len(candidates.rows), keep), dtype=torch.int32)
    tensors = (features, candidates.rows, candidates.index, candidates.used, best)
    arrays = [tensor.numpy() for tensor in tensors]
    map_chunks(lambda start, stop: _rank(start, stop, *arrays), len(best), num_threads)
    return best


def rank_densely(features: Tensor, rows: Tensor, keep: int) -> Tensor:
    """Give the nearest others of some rows, (n, keep) int32, by all products in float64.

    For duplicates and collapsed features, whose many near-ties leave no choice of candidates.
    """
    total, device = len(features), features.device
    columns = max(keep + 1, min(total, _COLUMNS))
    height = max(1, _DENSE_BUDGET // columns)
    ranked = torch.empty((len(rows), keep), dtype=torch.int32, device=device)
    for start in progress(range(0, len(rows), height), 'near-ties'):
        chosen = rows[start : start + height]
        queries = features[chosen].double()
        best = torch.empty((len(chosen), 0), dtype=torch.int64, device=device)
        for left in range(0, total, columns):
            index = torch.arange(left, min(left + columns, total), device=device)
            similarity = queries @ features[left : left + columns].double().T
            keys = -round_to_fixed(similarity) << 32 | index
            keys[chosen[:, None] == index] = _LAST
            best = torch.cat([best, keys], dim=1)
            best = best.topk(min(keep, best.shape[1]), largest=False).values
        ranked[start : start + height] = best & _INDEX
    return ranked


@njit(cache=True, nogil=True)
def _rank(
    start: int,
    stop: int,
    features: np.ndarray,
    rows: np.ndarray,
    index: np.ndarray,
    used: np.ndarray,
    best: np.ndarray,
) -> None:
    """Rank the candidates of rows[start:stop]."""
    keys = np.empty(index.shape[1], dtype=np.int64)
    for position in range(start, stop):
        row = rows[position]
        size = 0
        for slot in range(used[position]):
            other = np.int64(index[position, slot])
            keys[size] = -fixed_dot(features[row], features[other]) << 32 | other
            size += other != row
        found = np.sort(keys[:size])
        for place in range(min(size, best.shape[1])):
            best[position, place] = found[place] & _INDEX


def _rank_in_torch(features: Tensor, candidates: Candidates, keep: int) -> Tensor:
    """Rank the candidates without compiled code, on any device."""
    rows, used = candidates.rows, candidates.used
    width = max(int(used.max()), keep)
    others = candidates.index[:, :width].long()
    unused = torch.arange(others.shape[1], device=others.device) >= used[:, None]
    others = others.masked_fill(unused, 0)
    keys = -fixed_dots(features, rows, others) << 32 | others
    keys[unused | (others == rows[:, None])] = _LAST
    return (keys.sort(dim=1).values[:, :keep] & _INDEX).int()
