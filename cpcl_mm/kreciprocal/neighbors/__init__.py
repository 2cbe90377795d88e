"""Nearest neighbors of unit vectors without the N x N similarity matrix.

Two steps. First a backend proposes candidates from a float product: whatever comes within the
rounding error of a row's K-th best value. Then the candidates are ordered by their similarity in
fixed point (see :mod:`..fixed_point`), which depends on the two vectors alone. So every backend,
every precision of the product and every number of ranks gives the same neighbors. On a CPU, very
many samples can be searched approximately instead.
"""

from .products import PRECISIONS
from .proposals import num_slots
from .search import (
    BACKENDS,
    find_neighbors,
    is_approximate,
    nearest_neighbors,
    resolve_backend,
    search_device,
)

__all__ = [
    'BACKENDS',
    'PRECISIONS',
    'find_neighbors',
    'is_approximate',
    'nearest_neighbors',
    'num_slots',
    'resolve_backend',
    'search_device',
]
