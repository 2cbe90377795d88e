"""Nearest neighbors of unit vectors without the N x N similarity matrix, exactly.

Two steps. First a backend proposes candidates from a float32 product: whatever comes within the
rounding error of a row's K-th best value. Then the candidates are ordered by their similarity in
fixed point (see :mod:`..fixed_point`), which depends on the two vectors alone. So every backend and
every number of ranks gives the same neighbors.
"""

from .search import BACKENDS, find_neighbors, nearest_neighbors, resolve_backend, search_device

__all__ = ['BACKENDS', 'find_neighbors', 'nearest_neighbors', 'resolve_backend', 'search_device']
