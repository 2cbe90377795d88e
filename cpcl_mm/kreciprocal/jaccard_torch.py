"""The loops of the Jaccard distance in PyTorch: on a GPU, and where there is no compiler.

The functions are those of :mod:`.jaccard_compiled`, and so are their results: whatever is added up
are integers, whose sum no order changes. Only an inner product or an exponential that lies within
1e-7 units of a rounding boundary can come out one unit (2**-30) apart.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .fixed_point import ONE, fixed_dots, round_to_fixed
from .jaccard_compiled import SparseRows

_ROWS_AT_ONCE = 4096
_PAIRS_AT_ONCE = {'cpu': 1 << 22, 'cuda': 1 << 24}
_CELLS_AT_ONCE = {'cpu': 1 << 21, 'cuda': 1 << 27}


class Holders(NamedTuple):
    """The transpose of a matrix: for each column the rows that have it, ascending."""

    start: Tensor  # (n + 1,) int64
    rows: Tensor  # (M,) int32
    values: Tensor  # (M,) int32, fixed point
    place: Tensor  # (M,) int64, where each non-zero of the matrix stands here


def encode(
    neighbors: Tensor, features: Tensor, half: int, rows: range, num_threads: int = 1
) -> SparseRows:
    """Compute some rows of the encodings V, as :func:`.jaccard_compiled.encode` does."""
    total, width = neighbors.shape
    mutual = torch.empty((total, width), dtype=torch.bool, device=neighbors.device)
    mutual_half = torch.empty((total, half), dtype=torch.bool, device=neighbors.device)
    for block in _blocks(range(total), neighbors.device):
        near = neighbors[block].long()
        back = neighbors[near] == block[:, None, None]
        mutual[block] = back.any(dim=2)
        mutual_half[block] = back[:, :half, :half].any(dim=2)
    parts = []
    for block in _blocks(rows, neighbors.device):
        members = _expand(block, neighbors, mutual, mutual_half)
        parts.append(_softmax(block, members, features))
    return _join(parts)


def average(neighbors: Tensor, k2: int, encodings: SparseRows, num_threads: int = 1) -> SparseRows:
    """Compute the local query expansion W, as :func:`.jaccard_compiled.average` does."""
    total = len(neighbors)
    depth = min(k2, neighbors.shape[1])
    parts = []
    for rows in _blocks(range(total), neighbors.device):
        near = neighbors[rows, :depth].long().ravel()
        begin, counts = encodings.start[near], encodings.start[near + 1] - encodings.start[near]
        places = _ranges(begin, counts)
        owners = rows.repeat_interleave(depth).repeat_interleave(counts)
        keys, index = (owners * total + encodings.columns[places]).unique(return_inverse=True)
        sums = torch.zeros_like(keys).index_add_(0, index, encodings.values[places].long())
        parts.append(_as_rows(rows, keys, (sums + depth // 2) // depth, total))
    return _join(parts)


def transpose(matrix: SparseRows) -> Holders:
    """Transpose a square matrix."""
    total = len(matrix.start) - 1
    rows = torch.arange(total, device=matrix.start.device)
    rows = rows.repeat_interleave(matrix.start.diff())
    order = (matrix.columns.long() * total + rows).argsort()
    place = torch.empty_like(order)
    place[order] = torch.arange(len(order), device=order.device)
    counts = matrix.columns.bincount(minlength=total)
    return Holders(_starts(counts), rows[order].int(), matrix.values[order], place)


def find_overlaps(
    rows: range, means: SparseRows, holders: Holders, least: int, num_threads: int = 1
) -> SparseRows:
    """Find rows that overlap, as :func:`.jaccard_compiled.find_overlaps`; given on the CPU."""
    total = len(means.start) - 1
    bounds = means.start[rows.start : rows.stop + 1]
    here = slice(int(bounds[0]), int(bounds[-1]))
    begin = holders.place[here] + 1
    counts = holders.start[means.columns[here].long() + 1] - begin
    pairs = _starts(counts)[bounds - bounds[0]].cpu().numpy()
    owners = torch.arange(len(rows), device=begin.device).repeat_interleave(bounds.diff())
    parts = []
    for part in _cut(pairs, total, begin.device.type):
        own = slice(*(bounds[[part.start, part.stop]] - bounds[0]).tolist())
        places = _ranges(begin[own], counts[own])
        shared = torch.minimum(
            means.values[here][own].repeat_interleave(counts[own]), holders.values[places]
        )
        cells = (owners[own] - part.start).repeat_interleave(counts[own]) * total
        overlaps = torch.zeros(len(part) * total, dtype=torch.int32, device=begin.device)
        overlaps.index_add_(0, cells + holders.rows[places], shared)
        found = (overlaps >= least).nonzero()[:, 0]
        parts.append((found + part.start * total, overlaps[found]))
    keys, values = (torch.cat(tensors).cpu().numpy() for tensors in zip(*parts, strict=True))
    start = np.searchsorted(keys, np.arange(len(rows) + 1) * total)
    return SparseRows(start, (keys % total).astype(np.int32), values)


def _expand(rows: Tensor, neighbors: Tensor, mutual: Tensor, mutual_half: Tensor) -> Tensor:
    """Collect the sets E of some rows, as ascending keys ``row * N + member``."""
    total, half = len(neighbors), mutual_half.shape[1]
    near, own = neighbors[rows].long(), mutual[rows]
    others, valid = neighbors[near][:, :, :half].long(), mutual_half[near]
    members = near.masked_fill(~own, total).sort(dim=1).values
    inside = valid & _contains(members, others.flatten(1)).view_as(others)
    close = own & (3 * inside.sum(dim=2) > 2 * valid.sum(dim=2))
    first = rows[:, None] * total
    added = (first[:, :, None] + others)[valid & close[:, :, None]]
    return torch.cat([(first + near)[own], added]).unique()


def _contains(members: Tensor, values: Tensor) -> Tensor:
    """Say which values occur among the ascending members of the same row."""
    places = torch.searchsorted(members, values).clamp_(max=members.shape[1] - 1)
    return members.gather(1, places) == values


def _softmax(rows: Tensor, keys: Tensor, features: Tensor) -> SparseRows:
    """Weigh the members of some rows by similarity."""
    total = len(features)
    owners, members = keys // total, keys % total
    similarity = fixed_dots(features, owners, members[:, None])[:, 0].double() / ONE
    weights = round_to_fixed(torch.exp(2 * (similarity - 1)))
    owners = owners - rows[:1]
    norms = torch.zeros_like(rows).index_add_(0, owners, weights)
    shares = round_to_fixed(weights.double() / norms[owners].double())
    return _as_rows(rows, keys, shares, total)


def _as_rows(rows: Tensor, keys: Tensor, values: Tensor, total: int) -> SparseRows:
    """Make rows of ascending keys ``row * N + column``."""
    counts = (keys // total - rows[:1]).bincount(minlength=len(rows))
    return SparseRows(_starts(counts), (keys % total).int(), values.int())


def _join(parts: list[SparseRows]) -> SparseRows:
    """Join consecutive rows."""
    counts = torch.cat([part.start.diff() for part in parts])
    columns, values = (torch.cat(tensors) for tensors in list(zip(*parts, strict=True))[1:])
    return SparseRows(_starts(counts), columns, values)


def _starts(counts: Tensor) -> Tensor:
    """Where each of some runs begins, and the end of the last."""
    return torch.cat([counts.new_zeros(1), counts.cumsum(0)])


def _ranges(begin: Tensor, counts: Tensor) -> Tensor:
    """Join ``begin[i], begin[i] + 1, ...``, ``counts[i]`` numbers each."""
    starts = _starts(counts)
    places = torch.arange(int(starts[-1]), device=begin.device)
    return places + (begin - starts[:-1]).repeat_interleave(counts)


def _blocks(rows: range, device: torch.device) -> tuple[Tensor, ...]:
    """Give some thousand rows at a time; one block without any if there are none."""
    return torch.arange(rows.start, rows.stop, device=device).split(_ROWS_AT_ONCE)


def _cut(pairs: np.ndarray, total: int, device: str) -> Iterator[range]:
    """Cut rows into parts with so few pairs of weights and cells that they fit into memory.

    ``pairs`` holds the number of pairs before each row, and that of all.
    """
    start, most = 0, max(1, _CELLS_AT_ONCE[device] // total)
    while start < len(pairs) - 1:
        limit = pairs[start] + _PAIRS_AT_ONCE[device]
        stop = int(np.searchsorted(pairs, limit, side='right')) - 1
        stop = min(max(stop, start + 1), start + most, len(pairs) - 1)
        yield range(start, stop)
        start = stop
