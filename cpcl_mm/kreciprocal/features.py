"""Checking and L2-normalizing features."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from cpcl_mm.utils.text import first_few

from .fixed_point import sum_in_order

_CHUNK = 512
_SHOWN = 3
_BROKEN = (
    'are not finite: {}; training has probably diverged: lower the learning rate, or clip '
    'gradients by optim_wrapper.clip_grad.'
)
_ZERO = (
    'are all zero: {}; such a feature is like no other: look at the last layer of the model, and '
    'at what these items become in the pipeline.'
)


def normalize(
    features: np.ndarray | Tensor,
    kind: str = 'features',
    name: Callable[[int], str] = 'row {}'.format,
) -> np.ndarray:
    """L2-normalize the rows of a feature matrix (N, D) of any type, on any device, to float32.

    Norms are float64 and summed in a fixed order, so that equal rows stay equal, and every device
    gives the same numbers. For the error, ``kind`` says what the rows are, and ``name`` what each
    is called.

    Raises:
        ValueError: If ``features`` is not a matrix, or rows hold NaN or infinity, or are zero. The
            message says how many and which.
    """
    return normalize_on(features, torch.device('cpu'), kind, name).numpy()


def normalize_on(
    features: np.ndarray | Tensor,
    device: torch.device,
    kind: str = 'features',
    name: Callable[[int], str] = 'row {}'.format,
) -> Tensor:
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
    for bad, problem in ((broken, _BROKEN), (zero, _ZERO)):
        if indices := bad.nonzero()[:, 0].tolist():
            names = first_few(map(name, indices), _SHOWN)
            raise ValueError(f'{len(indices)} of the {len(bad)} {kind} {problem.format(names)}')
    return unit


def _as_float64(rows: np.ndarray | Tensor, device: torch.device) -> Tensor:
    """Copy some rows to a device."""
    if isinstance(rows, Tensor):
        return rows.to(device).double()
    return torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float64)).to(device)
