"""Loops that numba compiles, and what to do where it cannot be imported."""

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

try:
    from numba import njit
except ImportError:
    COMPILED = False

    def njit(**options: Any) -> Callable:  # type: ignore[no-redef]
        """Leave a function as it is; nobody calls it then."""
        return lambda function: function
else:
    COMPILED = True

__all__ = ['COMPILED', 'njit', 'warn_if_not_compiled']


@cache
def warn_if_not_compiled() -> None:
    """Say once that NumPy does the work of the compiled loops."""
    if not COMPILED:
        warnings.warn(
            'numba cannot be imported: clustering and ranking fall back to NumPy, which gives the '
            'same results in several times the time. Install numba to speed them up.',
            stacklevel=2,
        )
