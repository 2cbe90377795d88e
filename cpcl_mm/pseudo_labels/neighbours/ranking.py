"""The last step of every backend: order candidates by what depends on two vectors alone."""

import numpy as np
import torch

from cpcl_mm.utils.compiled import COMPILED, njit

from ..chunks import map_chunks
from ..fixed_point import ONE, fixed_dot, fixed_dots
from ..progress import progress
from .proposals import Proposals

_INDEX = 0xFFFFFFFF
_LAST = np.iinfo(np.int64).max
_COLUMNS = 1024
_DENSE_BUDGET = 1 << 21


def rank(features: np.ndarray, proposals: Proposals, keep: int, num_threads: int = 1) -> np.ndarray:
    """Find the nearest others among candidates.

    Ascending keys ``(-s in fixed point) << 32 | j`` are neighbours in order: similarity s
    descending, then index j ascending.

    Args:
        features: (N, D) float32, rows of unit length.
        proposals: Candidates of n rows.
        keep: Neighbours wanted beside the row itself.
        num_threads: Threads to work on.

    Returns:
        (n, keep) int32; rows that are ``CROWDED`` hold anything.
    """
    rows, index, used = proposals.rows, proposals.index, proposals.used
    best = np.zeros((len(rows), keep), dtype=np.int32)
    kernel = _rank if COMPILED else _rank_in_numpy
    map_chunks(
        lambda start, stop: kernel(start, stop, features, rows, index, used, best),
        len(rows),
        num_threads,
    )
    return best


def rank_densely(features: np.ndarray, rows: np.ndarray, keep: int) -> np.ndarray:
    """Find the nearest others of rows with too many near-ties to choose candidates, in float64.

    Duplicates and collapsed features have them.

    Args:
        features: (N, D) float32, rows of unit length.
        rows: (n,) int64, indices.
        keep: Neighbours wanted beside the row itself.

    Returns:
        (n, keep) int32.
    """
    total = len(features)
    columns = max(keep + 1, min(total, _COLUMNS))
    height = max(1, _DENSE_BUDGET // columns)
    everything = torch.from_numpy(features)
    ranked = np.empty((len(rows), keep), dtype=np.int32)
    for start in progress(range(0, len(rows), height), 'near-ties'):
        chosen = torch.from_numpy(rows[start : start + height])
        queries = everything[chosen].double()
        best = torch.empty((len(chosen), 0), dtype=torch.int64)
        for left in range(0, total, columns):
            index = torch.arange(left, min(left + columns, total))
            similarity = queries @ everything[index].double().T
            keys = -(similarity * ONE + 0.5).floor().long() << 32 | index
            keys[chosen[:, None] == index] = _LAST
            best = torch.cat([best, keys], dim=1)
            best = best.topk(min(keep, best.shape[1]), largest=False).values
        ranked[start : start + height] = (best & _INDEX).numpy()
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


def _rank_in_numpy(
    start: int,
    stop: int,
    features: np.ndarray,
    rows: np.ndarray,
    index: np.ndarray,
    used: np.ndarray,
    best: np.ndarray,
) -> None:
    """Rank the candidates of rows[start:stop], without compiled code."""
    chosen, width = rows[start:stop], max(int(used[start:stop].max()), best.shape[1])
    others = index[start:stop, :width].astype(np.int64)
    unused = np.arange(others.shape[1]) >= used[start:stop, None]
    others[unused] = 0
    keys = -fixed_dots(features, chosen, others) << 32 | others
    keys[unused | (others == chosen[:, None])] = _LAST
    keys.sort(axis=1)
    best[start:stop] = keys[:, : best.shape[1]] & _INDEX
