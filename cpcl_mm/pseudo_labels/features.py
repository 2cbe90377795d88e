"""Checking and L2-normalising features."""

import numpy as np
import torch

_CHUNK = 4096
_SHOWN = 5


def normalise(features: np.ndarray | torch.Tensor) -> np.ndarray:
    """L2-normalise the rows of a feature matrix.

    Norms are float64 and rows are treated one by one, so that equal rows stay equal.

    Args:
        features: (N, D) array or tensor of any floating or integer type, on any device.

    Returns:
        (N, D) float32, C-contiguous, a copy.

    Raises:
        ValueError: If ``features`` is not a matrix, or rows hold NaN or infinity, or are zero. The
            message says how many and which.
    """
    array = to_numpy(features)
    if array.ndim != 2:
        raise ValueError(
            f'features must be a matrix (N, D), got shape {tuple(array.shape)}: '
            'give one row per sample.'
        )
    unit = np.empty(array.shape, dtype=np.float32)
    broken = np.zeros(len(array), dtype=bool)
    zero = np.zeros(len(array), dtype=bool)
    for start in range(0, len(array), _CHUNK):
        rows = slice(start, start + _CHUNK)
        block = array[rows].astype(np.float64)
        broken[rows] = ~np.isfinite(block).all(axis=1)
        norms = np.sqrt(np.square(block).sum(axis=1))
        zero[rows] = norms == 0
        norms[broken[rows] | zero[rows]] = 1.0
        unit[rows] = block / norms[:, None]
    _reject(broken, 'hold NaN or infinity', 'training may have diverged: lower the learning rate')
    _reject(zero, 'are all zero', 'a zero vector has no direction: look at the model that made it')
    return unit


def to_numpy(values: np.ndarray | torch.Tensor) -> np.ndarray:
    """Give an array or a tensor of any device and type as a NumPy array."""
    if not isinstance(values, torch.Tensor):
        return np.asarray(values)
    values = values.detach().cpu()
    return (values.float() if values.dtype == torch.bfloat16 else values).numpy()


def _reject(bad: np.ndarray, what: str, advice: str) -> None:
    """Raise a ValueError that counts and names the bad rows, if there are any."""
    indices = np.flatnonzero(bad)
    if len(indices) == 0:
        return
    shown = ', '.join(str(index) for index in indices[:_SHOWN])
    more = ', ...' if len(indices) > _SHOWN else ''
    raise ValueError(
        f'{len(indices)} of {len(bad)} feature rows {what} (rows {shown}{more}); {advice}.'
    )
