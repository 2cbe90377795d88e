"""Fixed-point numbers: sums and comparisons that no order of additions can change.

Floating-point sums depend on the order of their terms, so exact duplicates may differ in the last
bit between two tiles, two threads or two machines, and with them ranks, edges and labels. Here
every similarity and weight is an integer multiple of 2**-30: equal pairs are equal numbers, ties
are real ties, and integer sums are exact.
"""

import numpy as np
import torch
from torch import Tensor

from cpcl_mm.utils.compiled import njit

#: The number 1 in fixed point. Values lie in [-1, 1], so 32 bits hold them.
ONE = 1 << 30

_NUMBERS_AT_ONCE = {'cpu': 1 << 21, 'cuda': 1 << 26}


@njit(cache=True, nogil=True, fastmath={'reassoc', 'contract'})
def dot(left: np.ndarray, right: np.ndarray) -> float:
    """Inner product of two float32 vectors in float64; on unit vectors it errs by about 1e-16."""
    total = 0.0
    for d in range(len(left)):
        total += np.float64(left[d]) * np.float64(right[d])
    return total


@njit(cache=True, nogil=True)
def fixed_dot(left: np.ndarray, right: np.ndarray) -> np.int64:
    """Inner product of two unit vectors in units of ``1 / ONE``.

    The error of :func:`dot` vanishes in the rounding: the order in which a compiler adds the terms
    does not show.
    """
    return np.int64(np.floor(dot(left, right) * ONE + 0.5))


def fixed_dots(features: Tensor, rows: Tensor, others: Tensor) -> Tensor:
    """Multiply each of ``rows`` (n,) with its ``others`` (n, C), as :func:`fixed_dot`.

    Gives (n, C) int64 in units of ``1 / ONE``, on any device.
    """
    dots = torch.empty(others.shape, dtype=torch.int64, device=features.device)
    numbers = max(1, others.shape[1] * features.shape[1])
    step = max(1, _NUMBERS_AT_ONCE[features.device.type] // numbers)
    for start in range(0, len(rows), step):
        here = slice(start, start + step)
        left, right = features[rows[here], None].double(), features[others[here]].double()
        dots[here] = round_to_fixed(sum_in_order(left * right))
    return dots


def sum_in_order(terms: Tensor) -> Tensor:
    """Add up the last dimension, in an order that no device and no shape changes."""
    while terms.shape[-1] > 1:
        half = terms.shape[-1] // 2
        sums = terms[..., :half] + terms[..., half : 2 * half]
        if terms.shape[-1] % 2:
            sums[..., :1] += terms[..., -1:]
        terms = sums
    return terms.sum(dim=-1)


def round_to_fixed(values: Tensor) -> Tensor:
    """Round float64 numbers of any shape to int64 in units of ``1 / ONE``."""
    return (values * ONE + 0.5).floor().long()


def to_fixed(values: np.ndarray | float) -> np.ndarray:
    """Round numbers of any shape to int64 in units of ``1 / ONE``."""
    return np.floor(np.asarray(values, dtype=np.float64) * ONE + 0.5).astype(np.int64)
