import numpy as np
from scipy import sparse

from cpcl_mm.kreciprocal.jaccard_compiled import SparseRows, transpose


def test_transposed_columns_ascend_and_zeros_stay():
    matrix = sparse.csr_matrix(np.array([[0, 5, 7], [1, 0, 2], [3, 0, 4]], dtype=np.int32))
    matrix.data[0] = 0  # a weight that was rounded to nothing
    columns = transpose(SparseRows(matrix.indptr, matrix.indices, matrix.data))
    assert columns.start.tolist() == [0, 2, 3, 6]
    assert columns.columns.tolist() == [1, 2, 0, 0, 1, 2]
    assert columns.values.tolist() == [1, 3, 0, 7, 2, 4]
    assert (columns.start.dtype, columns.columns.dtype, columns.values.dtype) == (
        np.int64,
        np.int32,
        np.int32,
    )
