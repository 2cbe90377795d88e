"""The last step of every backend: order candidates by what depends on two vectors alone."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from cpcl_mm.utils.compiled import COMPILED, njit

from ..chunks import map_chunks
from ..fixed_point import fixed_dot, fixed_dots, round_to_fixed
from ..progress import progress
from .proposals import CROWDED, Proposals
from .topk import propose

_INDEX = 0xFFFFFFFF
_LAST = torch.iinfo(torch.int64).max
_COLUMNS = 1024
_DENSE_BUDGET = 1 << 21


def rank_all(
    features: Tensor,
    rows: Tensor,
    keep: int,
    proposals: Iterable[Proposals],
    num_threads: int = 1,
    again: bool = False,
) -> Tensor:
    """Rank all proposals of some rows, and those that are crowded by other means.

    Args:
        features: (N, D) float32, rows of unit length.
        rows: (n,) int64, the rows, on the device of the features.
        keep: Neighbors wanted beside the row itself.
        proposals: Candidates of the rows, in their order.
        num_threads: Threads to work on.
        again: Try a float32 product first: rows that are crowded for a coarse product are mostly
            not so for a fine one.

    Returns:
        (n, keep + 1) int32, each row its own first.
    """
    table = torch.empty((len(rows), keep + 1), dtype=torch.int32, device=features.device)
    table[:, 0] = rows
    if len(rows) == 0:
        return table
    crowded, done = [], 0
    for part in proposals:
        table[done : done + len(part.rows), 1:] = rank(features, part, keep, num_threads)
        crowded.append(part.used == CROWDED)
        done += len(part.rows)
    left = torch.cat(crowded).nonzero()[:, 0]
    if len(left) and again:
        finer = propose(features, rows[left], keep, 'float32')
        table[left] = rank_all(features, rows[left], keep, finer, num_threads)
    elif len(left):
        table[left, 1:] = rank_densely(features, rows[left], keep)
    return table


def rank(features: Tensor, proposals: Proposals, keep: int, num_threads: int = 1) -> Tensor:
    """Find the nearest others among candidates.

    Ascending keys ``(-s in fixed point) << 32 | j`` are neighbors in order: similarity s
    descending, then index j ascending.

    Args:
        features: (N, D) float32, rows of unit length.
        proposals: Candidates of n rows.
        keep: Neighbors wanted beside the row itself.
        num_threads: Threads to work on.

    Returns:
        (n, keep) int32; rows that are ``CROWDED`` hold anything.
    """
    if features.device.type != 'cpu' or not COMPILED:
        return _rank_in_torch(features, proposals, keep)
    best = torch.zeros((len(proposals.rows), keep), dtype=torch.int32)
    arrays = [
        tensor.numpy()
        for tensor in (features, proposals.rows, proposals.index, proposals.used, best)
    ]
    map_chunks(lambda start, stop: _rank(start, stop, *arrays), len(best), num_threads)
    return best


def rank_densely(features: Tensor, rows: Tensor, keep: int) -> Tensor:
    """Find the nearest others of rows with too many near-ties to choose candidates, in float64.

    Duplicates and collapsed features have them.

    Args:
        features: (N, D) float32, rows of unit length.
        rows: (n,) int64, indices.
        keep: Neighbors wanted beside the row itself.

    Returns:
        (n, keep) int32.
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


def _rank_in_torch(features: Tensor, proposals: Proposals, keep: int) -> Tensor:
    """Rank the candidates without compiled code, on any device."""
    rows, used = proposals.rows, proposals.used
    width = max(int(used.max()), keep)
    others = proposals.index[:, :width].long()
    unused = torch.arange(others.shape[1], device=others.device) >= used[:, None]
    others = others.masked_fill(unused, 0)
    keys = -fixed_dots(features, rows, others) << 32 | others
    keys[unused | (others == rows[:, None])] = _LAST
    return (keys.sort(dim=1).values[:, :keep] & _INDEX).int()
