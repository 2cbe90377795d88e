"""Sparse matrices by rows, the layout that the loops over encodings work on."""

from typing import NamedTuple

import numpy as np
from scipy import sparse


class SparseRows(NamedTuple):
    """Some rows of a sparse matrix, the layout of SciPy's CSR."""

    start: np.ndarray  # (n + 1,) int64
    columns: np.ndarray  # (M,) int32
    values: np.ndarray  # (M,) int32, fixed point


def transpose(matrix: SparseRows) -> SparseRows:
    """Transpose a square matrix; columns ascend in the result."""
    total = len(matrix.start) - 1
    columns = sparse.csr_matrix(
        (matrix.values, matrix.columns, matrix.start), shape=(total, total)
    ).tocsc()
    return as_rows(columns)


def as_rows(matrix: sparse.csr_matrix | sparse.csc_matrix) -> SparseRows:
    """Give the rows of a CSR matrix, or the columns of a CSC matrix."""
    return SparseRows(
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32),
        matrix.data.astype(np.int32, copy=False),
    )
