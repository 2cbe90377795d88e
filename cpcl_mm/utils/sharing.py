"""Work shared out over the ranks of a distributed run.

Every function is called on all ranks, and does the same in a run of one process. An error of one
rank becomes an error of all: no rank waits for one that has failed.
"""

import math
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from mmengine.dist import (
    all_gather,
    all_gather_object,
    broadcast_object_list,
    get_rank,
    get_world_size,
    is_main_process,
)
from torch import Tensor

Result = TypeVar('Result')

_BYTES_AT_ONCE = 1 << 24


def share_of_rank(total: int) -> range:
    """Give the consecutive items of ``range(total)`` that this rank works on.

    Shares differ by one item at most; they are empty where there are more ranks than items.
    """
    return _share(total, get_rank())


def together(work: Callable[[], Result]) -> Result:
    """Do this rank's part of a work, which must not communicate, and fail if any rank fails.

    Raises:
        Exception: What ``work`` raises on this rank.
        RuntimeError: If it raises on other ranks only; it names the first of them.
    """
    error: Exception | None = None
    try:
        result = work()
    except Exception as caught:
        error = caught
    failures = all_gather_object(None if error is None else f'{type(error).__name__}: {error}')
    if error is not None:
        raise error
    for rank, failure in enumerate(failures):
        if failure is not None:
            raise RuntimeError(f'rank {rank} failed: {failure}')
    return result


def run_on_main(function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    """Call a function on the main process, and give its result to every rank.

    If it raises, every rank does, so that none waits for a result that never comes. It must not
    communicate; its arguments are read on the main process alone, and its result is pickled.

    Raises:
        RuntimeError: On other ranks, if the function raised; the main process raises the error
            itself.
    """
    outcome: list[Any] = [None]
    if is_main_process():
        try:
            outcome = [(function(*args, **kwargs), None)]
        except Exception as error:
            broadcast_object_list([(None, f'{type(error).__name__}: {error}')])
            raise
    broadcast_object_list(outcome)
    result, failure = outcome[0]
    if failure is not None:
        raise RuntimeError(f'the main process failed: {failure}')
    return result


def gather_shares(local: Tensor, total: int) -> Tensor:
    """Join what the ranks made of their shares (see :func:`share_of_rank`).

    Gives ``(N, ...)`` on the CPU, the same on every rank; ``local`` has a row for each item.

    Raises:
        ValueError: If a rank has fewer rows than items.
    """
    shares = [_share(total, rank) for rank in range(get_world_size())]
    return _gather(local, total, [slice(share.start, share.stop) for share in shares])


def gather_dealt(local: Tensor, total: int) -> Tensor:
    """Join what the ranks made of the items that mmengine's ``DefaultSampler`` dealt them.

    Rank r of W holds the items r, r + W, r + 2W, ... What the sampler adds so that every rank has
    equally many is dropped. Gives ``(N, ...)`` in the order of the data set, as
    :func:`gather_shares` does.

    Raises:
        ValueError: If a rank has fewer rows than items.
    """
    ranks = get_world_size()
    return _gather(local, total, [slice(rank, total, ranks) for rank in range(ranks)])


def _share(total: int, rank: int) -> range:
    ranks = get_world_size()
    return range(total * rank // ranks, total * (rank + 1) // ranks)


def _gather(local: Tensor, total: int, places: list[slice]) -> Tensor:
    """Write the rows of every rank to its places, a few at a time: memory is that of the result."""
    shapes = all_gather_object(tuple(local.shape))
    _check_lengths([shape[0] for shape in shapes], total, places)
    # A rank without any row may not know how long one is.
    row_shape = next((shape[1:] for shape in shapes if shape[0]), local.shape[1:])
    local = local.reshape(len(local), *row_shape)
    gathered = torch.empty((total, *row_shape), dtype=local.dtype)
    row_bytes = local.element_size() * max(1, math.prod(row_shape))
    step = max(1, _BYTES_AT_ONCE // (row_bytes * len(places)))
    for start in range(0, -(-total // len(places)), step):
        for place, rows in zip(places, all_gather(_padded(local, start, step)), strict=True):
            here = gathered[place][start : start + step]
            here.copy_(rows[: len(here)])
    return gathered


def _padded(local: Tensor, start: int, step: int) -> Tensor:
    """Take some rows; what is missing is made up, for ranks exchange equally many."""
    rows = local[start : start + step]
    missing = rows.new_zeros(step - len(rows), *rows.shape[1:])
    return torch.cat([rows, missing])


def _check_lengths(lengths: list[int], total: int, places: list[slice]) -> None:
    """Refuse too few rows, on all ranks alike."""
    for rank, (length, place) in enumerate(zip(lengths, places, strict=True)):
        wanted = len(range(total)[place])
        if length < wanted:
            raise ValueError(
                f'rank {rank} of {len(places)} holds {length} of its {wanted} out of {total} '
                'items: let a sampler deal out each item once, '
                "dict(type='DefaultSampler', shuffle=False)."
            )
