"""Checking and L2-normalizing features."""

import numpy as np
import torch
from torch import Tensor

from .fixed_point import sum_in_order

_CHUNK = 512
_SHOWN = 5


def normalize(features: np.ndarray | Tensor) -> np.ndarray:
    """L2-normalize the rows of a feature matrix.

    Norms are float64 and summed in a fixed order, so that equal rows stay equal, and every device
    gives the same numbers.

    Args:
        features (np.ndarray | Tensor): (N, D) of any floating or integer type, on any device.

    Returns:
        np.ndarray: (N, D) float32, C-contiguous, a copy.

    Raises:
        ValueError: If ``features`` is not a matrix, or rows hold NaN or infinity, or are zero. The
            message says how many and which.
    """
    return normalize_on(features, torch.device('cpu')).numpy()


def normalize_on(features: np.ndarray | Tensor, device: torch.device) -> Tensor:
    """L2-normalize on a device, see :func:`normalize`; what lies there stays there."""
    rows: np.ndarray | Tensor = (
        features.detach() if isinstance(features, Tensor) else np.asarray(features)
    )
    if rows.ndim != 2:
        raise ValueError(
            f'features must be a matrix (N, D), got shape {tuple(rows.shape)}: '
            'give one row per sample.'
        )
    unit = torch.empty(tuple(rows.shape), device=device)
    broken = torch.zeros(len(rows), dtype=torch.bool, device=device)
    zero = torch.zeros_like(broken)
    for start in range(0, len(rows), _CHUNK):
        here = slice(start, start + _CHUNK)
        block = _as_float64(rows[here], device)
        norms = sum_in_order(block * block).sqrt_()
        broken[here] = ~block.isfinite().all(dim=1)
        zero[here] = norms == 0
        norms[broken[here] | zero[here]] = 1.0
        unit[here] = block / norms[:, None]
    _reject(broken, 'hold NaN or infinity', 'training may have diverged: lower the learning rate')
    _reject(zero, 'are all zero', 'a zero vector has no direction: look at the model that made it')
    return unit


def _as_float64(rows: np.ndarray | Tensor, device: torch.device) -> Tensor:
    """Copy some rows to a device."""
    if isinstance(rows, Tensor):
        return rows.to(device).double()
    return torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float64)).to(device)


def _reject(bad: Tensor, what: str, advice: str) -> None:
    """Raise a ValueError that counts and names the bad rows, if there are any."""
    indices = bad.nonzero()[:, 0].tolist()
    if len(indices) == 0:
        return
    shown = ', '.join(str(index) for index in indices[:_SHOWN])
    more = ', ...' if len(indices) > _SHOWN else ''
    raise ValueError(
        f'{len(indices)} of {len(bad)} feature rows {what} (rows {shown}{more}); {advice}.'
    )
