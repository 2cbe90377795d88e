"""Lets the checkpoints that mmengine writes load without executing code from them."""

from collections.abc import Callable
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer


def allow_mmengine_checkpoints() -> None:
    """Allow-list the types inside mmengine's own checkpoints.

    torch >= 2.6 loads tensors and plain containers only, unless told which further types are
    harmless. mmengine stores the log's history buffers and NumPy numbers beside the weights.
    """
    reconstruct: Any = np.zeros(1).__reduce__()[0]
    scalar: Any = np.float64(0).__reduce__()[0]
    dtypes = {type(np.dtype(kind)) for kind in ('f4', 'f8', 'i4', 'i8', 'u1', 'u8', '?')}
    torch.serialization.add_safe_globals(
        [
            HistoryBuffer,
            np.ndarray,
            np.dtype,
            reconstruct,
            scalar,
            *dtypes,
            (_history_buffer_statistic, 'builtins.getattr'),
        ]
    )


def _history_buffer_statistic(owner: Any, name: str) -> Callable:
    """Stand in for ``getattr``, which pickled history buffers use to name their statistics.

    Raises:
        UnpicklingError: If a checkpoint asks for anything else.
    """
    if owner is not HistoryBuffer or name not in ('min', 'max', 'mean', 'current'):
        raise UnpicklingError(f'the checkpoint asks for {name!r} of {owner!r}, which is not safe')
    return getattr(HistoryBuffer, name)
