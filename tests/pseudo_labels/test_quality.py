import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from cpcl_mm.pseudo_labels import clustering_quality, mining_quality
from cpcl_mm.pseudo_labels.quality import majority_identities


class TestClusteringQuality:
    def test_a_hand_worked_example(self):
        labels = np.array([0, 0, 0, 1, 1, -1, 0])
        identities = np.array([5, 5, 8, 8, 8, 5, -1])
        quality = clustering_quality(labels, identities)
        judged = labels[:5], identities[:5]
        assert quality == pytest.approx(
            {
                'clusters': 2,
                'outliers': 1,
                'outlier_share': 1 / 7,
                'purity': 4 / 5,
                'nmi': normalized_mutual_info_score(judged[1], judged[0]),
                'ari': adjusted_rand_score(judged[1], judged[0]),
            }
        )
        assert all(type(value) is float for value in quality.values())

    def test_perfect_clusters_have_the_best_scores(self):
        quality = clustering_quality(np.array([1, 1, 0, 0]), np.array([3, 3, 9, 9]))
        assert (quality['purity'], quality['nmi'], quality['ari']) == (1, 1, 1)

    @pytest.mark.parametrize(
        ('labels', 'identities'),
        [([0, 0, -1], None), ([0, 0, -1], [-1, -1, 4]), ([-1, -1, -1], [1, 2, 3])],
    )
    def test_what_cannot_be_judged_is_left_out(self, labels, identities):
        known = None if identities is None else np.array(identities)
        quality = clustering_quality(np.array(labels), known)
        assert set(quality) == {'clusters', 'outliers', 'outlier_share'}

    def test_a_number_that_no_sample_has_is_no_cluster(self):
        assert clustering_quality(np.array([0, 4]))['clusters'] == 2

    def test_no_samples(self):
        quality = clustering_quality(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
        assert quality == {'clusters': 0, 'outliers': 0, 'outlier_share': 0}


class TestMiningQuality:
    before = np.array([0, 0, 1, 1, -1, -1, -1])
    after = np.array([0, 0, 1, 1, 0, 1, -1])
    mined = before != after

    def test_the_majority_before_mining_decides(self):
        quality = mining_quality(
            self.before, self.after, self.mined, np.array([5, 5, 7, 7, 5, 5, 5])
        )
        assert quality == {'mined': 2, 'mined_right_share': 0.5}

    def test_mined_samples_do_not_vote(self):
        before, after = np.array([0, -1, -1]), np.array([0, 0, 0])
        quality = mining_quality(before, after, before != after, np.array([5, 7, 7]))
        assert quality == {'mined': 2, 'mined_right_share': 0}

    @pytest.mark.parametrize(
        ('identities', 'right'),
        [
            ([5, 5, 7, 7, 5, -1, 5], 1.0),  # the second mined sample is unknown
            ([5, 5, -1, -1, 5, 7, 5], 1.0),  # its cluster is unknown
            ([-1, 5, 7, 7, 5, 5, 5], 0.5),  # part of a cluster is unknown
        ],
    )
    def test_unknown_identities_are_not_judged(self, identities, right):
        quality = mining_quality(self.before, self.after, self.mined, np.array(identities))
        assert quality['mined_right_share'] == right

    @pytest.mark.parametrize('identities', [None, np.full(7, -1)])
    def test_without_identities_only_the_count_is_left(self, identities):
        assert mining_quality(self.before, self.after, self.mined, identities) == {'mined': 2}

    def test_a_cluster_that_refinement_has_emptied_is_no_majority(self):
        before, after = np.array([0, 1, -1]), np.array([0, -1, 0])
        quality = mining_quality(before, after, np.array([False, False, True]), np.array([5, 7, 5]))
        assert quality == {'mined': 1, 'mined_right_share': 1}

    def test_nothing_mined(self):
        nothing = np.zeros(7, dtype=bool)
        assert mining_quality(self.before, self.before, nothing, np.arange(7)) == {'mined': 0}


class TestMajority:
    def test_the_most_frequent_identity_and_the_smallest_on_a_tie(self):
        labels = np.array([0, 0, 0, 1, 1, 3, 3, 3, 3])
        identities = np.array([9, 9, 2, 8, 4, 6, 5, 6, 5])
        assert majority_identities(labels, identities).tolist() == [9, 4, -1, 5]

    def test_the_number_of_clusters_can_be_given(self):
        majority = majority_identities(np.array([0]), np.array([3]), num_clusters=3)
        assert majority.tolist() == [3, -1, -1]
