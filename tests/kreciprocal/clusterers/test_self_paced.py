import numpy as np
import pytest

from cpcl_mm.kreciprocal.clusterers.self_paced import keep_reliable


def test_clusters_that_do_not_change_stay():
    labels = np.array([0, 0, 0, 1, 1, -1])
    np.testing.assert_array_equal(keep_reliable(labels, labels, labels), labels)
    renamed = np.array([1, 1, 1, 0, 0, -1])
    np.testing.assert_array_equal(keep_reliable(labels, renamed, renamed), labels)


def test_what_a_smaller_eps_splits_off_becomes_an_outlier():
    labels = np.array([0, 0, 0, 0, 0, 1, 1])
    tight = np.array([0, 0, 0, 1, 1, 2, 2])
    assert keep_reliable(labels, tight, labels).tolist() == [0, 0, 0, -1, -1, 1, 1]


def test_a_cluster_that_falls_to_pieces_keeps_its_equally_compact_samples():
    labels = np.zeros(4, dtype=np.int64)
    pieces = np.full(4, -1)
    assert keep_reliable(labels, pieces, labels).tolist() == [0, 0, 0, 0]


def test_the_tenth_of_clusters_that_a_larger_eps_changes_most_dissolve():
    # Twenty clusters of four; a larger eps gives the first 16, 9, 4 and 1 outliers to four of them.
    labels = np.concatenate([np.repeat(np.arange(20), 4), np.full(30, -1)])
    loose = labels.copy()
    loose[80:] = np.repeat([2, 5, 11, 17], [16, 9, 4, 1])
    kept = keep_reliable(labels, labels, loose)
    # The 18 most independent are 0 to 19 but 2 and 5: the threshold is the overlap of the next.
    assert set(np.unique(labels[:80][kept[:80] < 0])) == {2}
    assert sorted(set(kept[:80])) == [-1, *range(19)]
    assert (kept[80:] == -1).all()


def test_the_order_of_clusters_stays():
    labels = np.array([3, 3, 1, 1, 0, 0, 2, 2])
    kept = keep_reliable(labels, labels, labels)
    np.testing.assert_array_equal(kept, labels)


@pytest.mark.parametrize('labels', [[], [-1], [-1, -1, -1]])
def test_no_cluster_at_all(labels):
    labels = np.array(labels, dtype=np.int64)
    np.testing.assert_array_equal(keep_reliable(labels, labels, labels), labels)
