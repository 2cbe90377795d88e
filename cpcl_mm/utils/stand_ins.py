"""What a checkpoint's names of NumPy and mmengine stand for while it is read.

Checkpoints of mmengine name functions and classes that rebuild NumPy arrays and the log. None of
them is ever called by a file: these take their places, check what they are given, and are then
exchanged for plain data.
"""

import math
from collections.abc import Callable
from pickle import UnpicklingError
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor

from .plain_data import array_to_plain

PLAIN_TYPES = (
    *(bool, int, float, complex, str, bytes, bytearray, type(None)),
    *(torch.Size, torch.device, torch.dtype),
)
HISTORY = ('log_history', 'count_history')
DTYPES = ('b1', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', 'f2', 'f4', 'f8')


class DType:
    """Stands for ``numpy.dtype``: numbers and flags only, by names such as ``'f8'``.

    What else NumPy gives, the flags of a copy, means nothing here.
    """

    def __init__(self, name: str, *_: bool) -> None:
        if name not in DTYPES:
            raise UnpicklingError(f'it asks for a NumPy type {name!r:.40}, which is no number')
        self.dtype = np.dtype(name)

    def __setstate__(self, state: tuple) -> None:
        if not isinstance(state, tuple) or state[1] not in ('<', '>', '|', '='):
            raise UnpicklingError('it asks for a NumPy type of an unknown byte order')
        self.dtype = self.dtype.newbyteorder(state[1])

    def read(self, data: Any, count: int) -> np.ndarray:
        """Read numbers (count,) from bytes, of which there must be as many."""
        if not isinstance(data, bytes) or len(data) != count * self.dtype.itemsize:
            raise UnpicklingError(f'it holds an array that is not {count} x {self.dtype}')
        return np.frombuffer(data, self.dtype)


class Array:
    """Stands for an array that ``numpy._core.multiarray._reconstruct`` begins."""

    def __init__(self, *_: Any) -> None:
        self.array: np.ndarray | None = None

    def __setstate__(self, state: tuple) -> None:
        _, shape, dtype, fortran_order, data = state
        numbers = isinstance(shape, tuple) and all(isinstance(n, int) and n >= 0 for n in shape)
        if not numbers or not isinstance(dtype, DType):
            raise UnpicklingError(f'it holds an array of shape {shape!r:.40} and {dtype!r:.40}')
        values = dtype.read(data, math.prod(shape))
        self.array = values.reshape(shape, order='F' if fortran_order else 'C')


class History:
    """Stands for mmengine's ``HistoryBuffer``."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def __setstate__(self, state: dict) -> None:
        self.state = state


def _scalar(dtype: Any, data: Any) -> Any:
    """Stand for ``numpy._core.multiarray.scalar``: a number of Python."""
    if not isinstance(dtype, DType):
        raise UnpicklingError('it holds a NumPy scalar that is no number')
    return dtype.read(data, 1).item()


def _statistic(owner: Any, name: str) -> None:
    """Stand for ``getattr``, by which pickled history buffers name their statistics."""
    if owner is not History or name not in ('min', 'max', 'mean', 'current'):
        raise UnpicklingError(f'it asks for {name!r} of {owner!r}, which is no data')


def _no_bytes() -> bytes:
    """Stand for ``bytes``, whose call is how the content of an empty array is pickled."""
    return b''


def _no_call(*_: Any) -> NoReturn:
    """Stand for ``numpy.ndarray``, which is named as the class of an array."""
    raise UnpicklingError('it asks for numpy.ndarray to be called, which is no data')


STAND_INS: list[tuple[Callable, str]] = [
    (_no_call, 'numpy.ndarray'),
    (DType, 'numpy.dtype'),
    # NumPy 1 and 2.
    *((Array, f'numpy.{core}.multiarray._reconstruct') for core in ('core', '_core')),
    *((_scalar, f'numpy.{core}.multiarray.scalar') for core in ('core', '_core')),
    (History, 'mmengine.logging.history_buffer.HistoryBuffer'),
    (_statistic, 'builtins.getattr'),
    (_no_bytes, 'builtins.bytes'),
]
"""What ``torch.serialization.add_safe_globals`` takes."""


def exchange(value: Any) -> Any:
    """Exchange a stand-in for plain data, and refuse any other leaf that is none."""
    if isinstance(value, History):
        plain = {name: exchange(value.state.get(f'_{name}')) for name in HISTORY}
        return {**plain, 'max_length': value.state.get('max_length')}
    if isinstance(value, Array) and value.array is not None:
        return array_to_plain(value.array)
    if isinstance(value, Tensor):
        # Without gradient, hooks and attributes.
        return Tensor.detach(value)
    if not isinstance(value, PLAIN_TYPES):
        raise ValueError(f'it holds {value!r:.80}, which is no data')
    return value
