import numpy as np
import pytest

from cpcl_mm.kreciprocal import ClusterResult


@pytest.mark.parametrize(
    ('labels', 'clusters', 'outliers'), [([], 0, 0), ([-1, -1], 0, 2), ([0, 2, -1, 1], 3, 1)]
)
def test_clusters_and_outliers_are_counted(labels, clusters, outliers):
    result = ClusterResult(np.array(labels, dtype=np.int64))
    assert (result.num_clusters, result.num_outliers) == (clusters, outliers)


def test_a_search_is_exact_unless_it_says_otherwise():
    assert ClusterResult(np.zeros(1, dtype=np.int64)).recall is None
