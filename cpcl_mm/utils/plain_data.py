"""Plain data: tensors, numbers, strings and containers of them, all that a checkpoint may hold.

mmengine keeps its log, :class:`~mmengine.logging.HistoryBuffer` over NumPy arrays, beside the
weights. Here it has a plain form, which torch's own list of safe types covers.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer


def to_plain(value: Any) -> Any:
    """Copy a value, with everything that has a plain form in that form.

    NumPy's arrays become tensors, or lists where they hold no numbers; its scalars, Python's
    numbers; history buffers, dicts. Tensors are the same, and what has no plain form is still
    there.
    """
    return copy_containers(value, _to_plain)


def copy_containers(value: Any, leaf: Callable, memo: dict[int, Any] | None = None) -> Any:
    """Copy nested containers; what is shared, or refers to itself, does so in the copy.

    ``leaf`` says what to make of all that is no dict, list, tuple or set; ``memo`` holds copies by
    the id of what they are copies of.
    """
    memo = {} if memo is None else memo
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, dict):
        ordered = isinstance(value, OrderedDict)
        copied: Any = memo.setdefault(id(value), OrderedDict() if ordered else {})
        copied.update((leaf(k), copy_containers(v, leaf, memo)) for k, v in value.items())
        if ordered and '_metadata' in vars(value):
            # torch's versions of modules, beside the weights.
            copied._metadata = copy_containers(vars(value)['_metadata'], leaf, memo)
    elif isinstance(value, list):
        copied = memo.setdefault(id(value), [])
        copied.extend(copy_containers(x, leaf, memo) for x in value)
    elif isinstance(value, tuple) and not isinstance(value, torch.Size):
        copied = memo[id(value)] = tuple(copy_containers(x, leaf, memo) for x in value)
    elif isinstance(value, set):
        copied = memo[id(value)] = {leaf(x) for x in value}
    else:
        return leaf(value)
    return copied


def array_to_plain(array: np.ndarray) -> Any:
    """Give an array as a tensor of its own, or as lists where it holds no numbers."""
    # Flags, whole numbers and fractions are what a tensor takes.
    if array.dtype.kind not in 'biuf' or array.dtype.itemsize > 8:
        return array.tolist()
    return torch.from_numpy(np.array(array, dtype=array.dtype.newbyteorder('=')))


def history_from_plain(plain: Any) -> HistoryBuffer:
    """Make the history buffer of mmengine that has this plain form.

    Raises:
        ValueError: If it is no such state.
    """
    try:
        log, counts = plain['log_history'], plain['count_history']
        length = plain['max_length']
        if not isinstance(length, int) or log.ndim != 1 or log.shape != counts.shape:
            raise ValueError(f'max_length={length!r}, {log.shape} and {counts.shape} do not fit')
        return HistoryBuffer(log.cpu().numpy(), counts.cpu().numpy(), length)
    except (AttributeError, KeyError, RuntimeError, TypeError) as error:
        raise ValueError(f'no history of a log ({type(error).__name__}: {error})') from error


def _to_plain(value: Any) -> Any:
    if isinstance(value, HistoryBuffer):
        log, counts = (array_to_plain(array) for array in value.data)
        return {'log_history': log, 'count_history': counts, 'max_length': value.max_length}
    if isinstance(value, np.ndarray):
        return array_to_plain(value)
    return value.item() if isinstance(value, np.generic) else value
