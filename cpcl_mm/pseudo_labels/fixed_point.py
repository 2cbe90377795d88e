"""Fixed-point numbers: sums and comparisons that no order of additions can change.

Floating-point sums depend on the order of their terms, so exact duplicates may differ in the last
bit between two tiles, two threads or two machines, and with them ranks, edges and labels. Here
every similarity and weight is an integer multiple of 2**-30: equal pairs are equal numbers, ties
are real ties, and integer sums are exact.
"""

import numpy as np

from cpcl_mm.utils.compiled import njit

#: The number 1 in fixed point. Values lie in [-1, 1], so 32 bits hold them.
ONE = 1 << 30

_NUMBERS_AT_ONCE = 1 << 21


@njit(cache=True, nogil=True, fastmath={'reassoc', 'contract'})
def dot(left: np.ndarray, right: np.ndarray) -> float:
    """Inner product of two float32 vectors, with products and sums in float64.

    Args:
        left: (D,) float32.
        right: (D,) float32.

    Returns:
        The inner product; on unit vectors it errs by about 1e-16.
    """
    total = 0.0
    for d in range(len(left)):
        total += np.float64(left[d]) * np.float64(right[d])
    return total


@njit(cache=True, nogil=True)
def fixed_dot(left: np.ndarray, right: np.ndarray) -> np.int64:
    """Inner product of two unit vectors in fixed point.

    The error of :func:`dot` vanishes in the rounding: the order in which a compiler adds the terms
    does not show.

    Args:
        left: (D,) float32.
        right: (D,) float32.

    Returns:
        The inner product in units of ``1 / ONE``.
    """
    return np.int64(np.floor(dot(left, right) * ONE + 0.5))


def fixed_dots(features: np.ndarray, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Inner products of rows with other rows, as :func:`fixed_dot` but without compiled code.

    Args:
        features: (N, D) float32.
        rows: (n,) indices.
        others: (n, C) indices, those to multiply each of ``rows`` with.

    Returns:
        (n, C) int64, in units of ``1 / ONE``.
    """
    dots = np.empty(others.shape, dtype=np.int64)
    step = max(1, _NUMBERS_AT_ONCE // max(1, others.shape[1] * features.shape[1]))
    for start in range(0, len(rows), step):
        here = slice(start, start + step)
        left, right = features[rows[here]], features[others[here]]
        dots[here] = to_fixed(np.einsum('nd,ncd->nc', left, right, dtype=np.float64))
    return dots


def to_fixed(values: np.ndarray | float) -> np.ndarray:
    """Round numbers to fixed point.

    Args:
        values: Array of any shape, float64.

    Returns:
        int64 of the same shape, in units of ``1 / ONE``.
    """
    return np.floor(np.asarray(values, dtype=np.float64) * ONE + 0.5).astype(np.int64)
