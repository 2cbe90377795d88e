import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpcl_mm.kreciprocal import JaccardDBSCAN
from cpcl_mm.kreciprocal.clusterers.self_paced import keep_reliable
from cpcl_mm.registry import TASK_UTILS


class TestLabelsEqualTheDenseFormulation:
    @pytest.mark.parametrize('seed', range(3))
    @pytest.mark.parametrize('num_samples', [100, 500])
    def test_long_tail_and_look_alikes(self, person_features, dense_labels, num_samples, seed):
        features = person_features(num_samples, seed=seed)
        result = JaccardDBSCAN()(features)
        assert result.num_clusters > 1
        np.testing.assert_array_equal(result.labels, dense_labels(features))

    @pytest.mark.parametrize(
        'settings',
        [
            {'eps': 0.3},
            {'eps': 0.75, 'min_samples': 2},
            {'k1': 20, 'k2': 1},
            {'k1': 7, 'k2': 7},
            {'k1': 60, 'k2': 10, 'min_samples': 8},
            {'k1': 1, 'k2': 1, 'min_samples': 1},
            {'min_samples': 1},
            {'paper_k1': True},
            {'k1': 5, 'k2': 3, 'paper_k1': True, 'min_samples': 2},
        ],
    )
    def test_settings(self, person_features, dense_labels, settings):
        features = person_features(250)
        labels = JaccardDBSCAN(**settings)(features).labels
        np.testing.assert_array_equal(labels, dense_labels(features, **settings))

    @pytest.mark.parametrize('dim', [1, 2, 16])
    def test_duplicates(self, person_features, dense_labels, dim, with_duplicates):
        features = with_duplicates(person_features(300, dim))
        labels = JaccardDBSCAN(k1=12)(features).labels
        np.testing.assert_array_equal(labels, dense_labels(features, k1=12))

    def test_all_samples_are_one_point(self, dense_labels):
        features = np.ones((120, 3), dtype=np.float32)
        labels = JaccardDBSCAN(k1=10)(features).labels
        np.testing.assert_array_equal(labels, dense_labels(features, k1=10))
        assert set(labels) == {0}

    def test_all_outliers(self, dense_labels):
        features = np.random.default_rng(0).normal(size=(80, 64))
        result = JaccardDBSCAN(k1=4, k2=1, eps=0.2)(features)
        assert result.num_clusters == 0
        assert result.num_outliers == 80
        np.testing.assert_array_equal(
            result.labels, dense_labels(features.astype(np.float32), k1=4, k2=1, eps=0.2)
        )

    def test_one_cluster(self, dense_labels, tight_groups):
        features = tight_groups(num_groups=1, size=40)
        result = JaccardDBSCAN()(features)
        assert (result.num_clusters, result.num_outliers) == (1, 0)
        np.testing.assert_array_equal(result.labels, dense_labels(features))

    @pytest.mark.parametrize('num_samples', [1, 2, 3, 4, 5, 29, 30, 31])
    def test_few_samples(self, person_features, dense_labels, num_samples):
        features = person_features(num_samples)
        np.testing.assert_array_equal(JaccardDBSCAN()(features).labels, dense_labels(features))

    @pytest.mark.parametrize('dtype', [np.float16, np.float32, np.float64])
    def test_number_types_and_lengths(self, person_features, dense_labels, dtype):
        lengths = np.random.default_rng(0).uniform(0.1, 50, (200, 1))
        features = (person_features(200) * lengths).astype(dtype)
        np.testing.assert_array_equal(JaccardDBSCAN()(features).labels, dense_labels(features))

    def test_sample_weights(self, person_features, dense_labels):
        features = person_features(250)
        weights = np.random.default_rng(0).integers(0, 4, 250)
        labels = JaccardDBSCAN(k1=10)(features, weights).labels
        expected = dense_labels(features, k1=10, sample_weights=weights)
        np.testing.assert_array_equal(labels, expected)
        assert (labels != JaccardDBSCAN(k1=10)(features).labels).any()

    @settings(derandomize=True, deadline=None, max_examples=60)
    @given(data=st.data())
    def test_anything(self, person_features, dense_labels, with_duplicates, data):
        features = person_features(
            data.draw(st.integers(1, 90), label='samples'),
            data.draw(st.integers(1, 12), label='dim'),
            data.draw(st.integers(0, 1000), label='seed'),
        )
        if data.draw(st.booleans(), label='coarse'):  # ties between different pairs
            features = np.round(features) + np.eye(*features.shape) * 0.5 + 0.25
        if data.draw(st.booleans(), label='duplicates'):
            features = with_duplicates(features)
        k1 = data.draw(st.integers(1, 40), label='k1')
        options = {
            'k1': k1,
            'k2': data.draw(st.integers(1, k1), label='k2'),
            'eps': data.draw(st.sampled_from([0.01, 0.2, 0.4, 0.5, 0.6, 0.8, 0.99]), label='eps'),
            'min_samples': data.draw(st.integers(1, 8), label='min_samples'),
            'paper_k1': data.draw(st.booleans(), label='paper_k1'),
        }
        np.testing.assert_array_equal(
            JaccardDBSCAN(**options)(features).labels, dense_labels(features, **options)
        )


def test_it_is_one_line_of_config():
    clusterer = TASK_UTILS.build({'type': 'JaccardDBSCAN', 'k1': 20, 'eps': 0.5, 'num_threads': 1})
    assert isinstance(clusterer, JaccardDBSCAN)
    assert (clusterer.k1, clusterer.eps, clusterer.num_threads) == (20, 0.5, 1)


class TestSelfPaced:
    def test_one_graph_gives_what_three_clusterings_give(self, person_features):
        features = person_features(500)
        labels, tight, loose = (
            JaccardDBSCAN(eps=eps)(features).labels for eps in (0.6, 0.6 - 0.1, 0.6 + 0.1)
        )
        assert (tight != loose).any()
        found = JaccardDBSCAN(self_paced=0.1)(features).labels
        np.testing.assert_array_equal(found, keep_reliable(labels, tight, loose))
        assert (found < 0).sum() > (labels < 0).sum()

    def test_clear_clusters_stay(self, tight_groups):
        features = tight_groups(num_groups=5, size=10)
        result = JaccardDBSCAN(k1=10, k2=1, self_paced=0.02)(features)
        assert (result.num_clusters, result.num_outliers) == (5, 0)


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'eps': 0.0}, 'eps must lie strictly between 0 and 1'),
        ({'eps': 1.0}, 'eps must lie strictly between 0 and 1'),
        ({'eps': float('nan')}, 'eps must lie strictly between 0 and 1'),
        ({'min_samples': 0}, 'min_samples must be at least 1'),
        ({'self_paced': 0}, 'self_paced must be above 0 and leave eps=0.6'),
        ({'eps': 0.99, 'self_paced': 0.02}, 'self_paced must be above 0 and leave eps=0.99'),
    ],
)
def test_settings_out_of_range(settings, message):
    with pytest.raises(ValueError, match=message):
        JaccardDBSCAN(**settings)
