"""Fixed-point numbers: sums and comparisons that no order of additions can change.

Floating-point sums depend on the order of their terms, so exact duplicates may differ in the last
bit between two tiles, two threads or two machines, and with them ranks, edges and labels. Here
every similarity and weight is an integer multiple of 2**-30: equal pairs are equal numbers, ties
are real ties, and integer sums are exact.
"""

import numpy as np
from numba import njit

#: The number 1 in fixed point. Values lie in [-1, 1], so 32 bits hold them.
ONE = 1 << 30


@njit(cache=True, nogil=True, fastmath={'reassoc', 'contract'})
def fixed_dot(features: np.ndarray, first: int, second: int) -> np.int64:
    """Inner product of two rows in fixed point.

    Products and sums are float64, whose error (about 1e-16) vanishes in the rounding: the order
    in which a compiler adds the terms does not show.

    Args:
        features: (N, D) float32.
        first: Index of a row.
        second: Index of a row.

    Returns:
        The inner product in units of ``1 / ONE``.
    """
    total = 0.0
    for d in range(features.shape[1]):
        total += np.float64(features[first, d]) * np.float64(features[second, d])
    return np.int64(np.floor(total * ONE + 0.5))


def to_fixed(values: np.ndarray | float) -> np.ndarray:
    """Round numbers to fixed point.

    Args:
        values: Array of any shape, float64.

    Returns:
        int64 of the same shape, in units of ``1 / ONE``.
    """
    return np.floor(np.asarray(values, dtype=np.float64) * ONE + 0.5).astype(np.int64)
