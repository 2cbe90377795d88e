"""What a cluster sheet shows, as numbers."""

import numpy as np
import pytest

from cpcl_mm.visualization.cluster_contents import (
    OUTLIERS,
    LabelledSamples,
    choose_clusters,
    group_by_cluster,
)


def make_samples(labels, identities, mined=()):
    flags = np.isin(np.arange(len(labels)), mined)
    return LabelledSamples(np.array(labels), flags, np.array(identities))


class TestLabelledSamples:
    def test_strangers_differ_from_their_clusters_majority(self):
        samples = make_samples([0, 0, 0, 1, 1, -1], [7, 7, 8, 8, 8, 7])
        assert samples.majority.tolist() == [7, 8]
        assert np.flatnonzero(samples.strangers).tolist() == [2]

    def test_unknown_identities_are_no_strangers(self):
        samples = make_samples([0, 0, 0, 1], [7, -1, -1, -1])
        assert samples.majority.tolist() == [7, -1]
        assert not samples.strangers.any()

    def test_nothing_is_known_without_identities(self):
        samples = make_samples([0, 0, 1], [-1, -1, -1])
        assert samples.purity(0) is None
        assert not samples.strangers.any()

    def test_purity_is_over_the_known(self):
        samples = make_samples([0, 0, 0, 0, -1], [7, 7, 8, -1, 7])
        assert samples.purity(0) == pytest.approx(2 / 3)
        assert samples.purity(OUTLIERS) is None

    def test_members_are_those_with_the_label(self):
        samples = make_samples([0, -1, 0], [1, 1, 1])
        assert samples.members(0).tolist() == [0, 2]
        assert samples.members(OUTLIERS).tolist() == [1]


class TestPick:
    def test_plain_ones_come_first_then_strangers_then_mined(self):
        samples = make_samples([0] * 5, [7, 8, 7, 7, 8], mined=[0, 4])
        assert samples.pick(np.arange(5), 5) == [2, 3, 1, 0, 4]

    def test_marked_ones_get_half_of_the_places(self):
        samples = make_samples([0] * 10, [7] * 10, mined=[5, 6, 7, 8, 9])
        assert samples.pick(np.arange(10), 4) == [0, 4, 5, 9]

    def test_free_places_go_to_the_others(self):
        mostly_mined = make_samples([0] * 6, [7] * 6, mined=[1, 2, 3, 4, 5])
        assert mostly_mined.pick(np.arange(6), 4) == [0, 1, 3, 5]
        mostly_plain = make_samples([0] * 6, [7] * 6, mined=[5])
        assert mostly_plain.pick(np.arange(6), 4) == [0, 2, 4, 5]

    def test_no_more_than_there_are(self):
        samples = make_samples([0] * 3, [7] * 3)
        assert samples.pick(np.array([0, 2]), 6) == [0, 2]
        assert samples.pick(np.array([], dtype=np.int64), 6) == []

    def test_one_place_goes_to_a_plain_one(self):
        samples = make_samples([0] * 3, [7] * 3, mined=[0])
        assert samples.pick(np.arange(3), 1) == [1]


class TestChooseClusters:
    labels = np.repeat([-1, 0, 1, 2, 3, 4], [9, 2, 5, 3, 4, 1])

    def test_spreads_from_the_largest_to_the_smallest(self):
        assert choose_clusters(self.labels, 3) == [1, 2, 4]
        assert choose_clusters(self.labels, 99) == [1, 3, 2, 0, 4]

    def test_clusters_of_one_size_are_in_order(self):
        assert choose_clusters(np.array([2, 1, 0]), 3) == [0, 1, 2]

    def test_outliers_are_no_cluster(self):
        assert choose_clusters(np.array([-1, -1]), 3) == []


def test_captions_are_grouped_by_size_with_outliers_last():
    labels = np.array([4, -1, 2, -1, 2, -1, 4, 2])
    groups = group_by_cluster(np.array([0, 1, 2, 3, 4, 5]), labels)
    assert [(cluster, captions.tolist()) for cluster, captions in groups] == [
        (2, [2, 4]),
        (4, [0]),
        (OUTLIERS, [1, 3, 5]),
    ]
