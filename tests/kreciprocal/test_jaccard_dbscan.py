"""scikit-learn's DBSCAN of all distances is the reference."""

import resource
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.dist import get_rank
from sklearn.metrics import adjusted_rand_score

from cpcl_mm.kreciprocal import (
    ClusterResult,
    JaccardDBSCAN,
    candidates,
    jaccard,
    jaccard_compiled,
    neighbors,
    normalize,
)
from cpcl_mm.registry import TASK_UTILS

run_on_ranks = runpy.run_path(str(Path(__file__).parents[1] / 'ranks.py'))['run_on_ranks']
WAYS = (
    {'backend': 'torch'},
    {'num_threads': 2},
)


@pytest.mark.parametrize(
    ('labels', 'clusters', 'outliers'), [([], 0, 0), ([-1, -1], 0, 2), ([0, 2, -1, 1], 3, 1)]
)
def test_clusters_and_outliers_are_counted(labels, clusters, outliers):
    result = ClusterResult(np.array(labels, dtype=np.int64))
    assert (result.num_clusters, result.num_outliers) == (clusters, outliers)


def test_it_is_one_line_of_config():
    clusterer = TASK_UTILS.build({'type': 'JaccardDBSCAN', 'k1': 20, 'eps': 0.5, 'num_threads': 1})
    assert isinstance(clusterer, JaccardDBSCAN)
    assert (clusterer.k1, clusterer.eps, clusterer.num_threads) == (20, 0.5, 1)


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


class TestResult:
    def test_counts_and_stages(self, tight_groups):
        features = np.concatenate([tight_groups(3, 10), np.eye(16)[:1]])
        result = JaccardDBSCAN(k1=10, k2=1)(features)
        assert result.labels.dtype == np.int64
        assert result.labels.tolist() == [0] * 10 + [1] * 10 + [2] * 10 + [-1]
        assert (result.num_clusters, result.num_outliers) == (3, 1)
        assert list(result.seconds) == ['normalize', 'neighbors', 'jaccard', 'dbscan']
        assert all(seconds >= 0 for seconds in result.seconds.values())

    @pytest.mark.parametrize('backend', ['cpu', 'torch'])
    def test_features_of_unit_length_need_no_normalization(self, person_features, backend):
        features, weights = person_features(200), np.arange(200) % 3
        clusterer = JaccardDBSCAN(k1=10, backend=backend)
        expected = clusterer(features, weights)
        found = clusterer.cluster(normalize(features), weights)
        assert expected.num_clusters > 1
        np.testing.assert_array_equal(found.labels, expected.labels)
        assert list(found.seconds) == ['neighbors', 'jaccard', 'dbscan']

    @pytest.mark.parametrize('way', [{}, *WAYS])
    def test_a_permutation_only_renames_clusters(self, person_features, way):
        features = person_features(400)
        order = np.random.default_rng(0).permutation(400)
        labels = JaccardDBSCAN(**way)(features).labels[order]
        permuted = JaccardDBSCAN(**way)(features[order]).labels
        np.testing.assert_array_equal(labels < 0, permuted < 0)
        assert adjusted_rand_score(labels, permuted) == 1

    def test_runs_and_threads_do_not_change_labels(self, person_features, with_duplicates):
        features = with_duplicates(person_features(1500))
        expected = JaccardDBSCAN(num_threads=1)(features).labels
        for num_threads in (1, 2, 2, None):
            labels = JaccardDBSCAN(num_threads=num_threads)(features).labels
            np.testing.assert_array_equal(labels, expected)

    def test_tensors_and_arrays_give_the_same(self, person_features):
        features = person_features(100)
        weights = np.arange(100) % 3
        expected = JaccardDBSCAN()(features, weights).labels
        found = JaccardDBSCAN()(torch.from_numpy(features), torch.from_numpy(weights)).labels
        np.testing.assert_array_equal(found, expected)

    def test_the_features_stay_as_they_are(self, person_features):
        features = person_features(50)
        before = features.copy()
        JaccardDBSCAN()(features)
        np.testing.assert_array_equal(features, before)

    def test_no_samples(self):
        nothing = np.empty((0, 8), dtype=np.float32)
        for result in (JaccardDBSCAN()(nothing), JaccardDBSCAN().cluster(nothing)):
            assert result.labels.shape == (0,)
            assert result.labels.dtype == np.int64
            assert (result.num_clusters, result.num_outliers) == (0, 0)

    @settings(derandomize=True, deadline=None, max_examples=25)
    @given(data=st.data())
    def test_ways_of_working_do_not_change_labels(self, person_features, with_duplicates, data):
        size = data.draw(st.integers(1, 150), label='samples')
        features = person_features(size, 8, data.draw(st.integers(0, 1000), label='seed'))
        if data.draw(st.booleans(), label='duplicates'):
            features = with_duplicates(features)
        if data.draw(st.booleans(), label='half precision'):
            features = features.astype(np.float16)
        k1 = data.draw(st.integers(1, 200), label='k1')
        options = {'k1': k1, 'k2': data.draw(st.integers(1, min(k1, 9)), label='k2')}
        expected = JaccardDBSCAN(**options, backend='cpu')(features).labels
        for way in WAYS:
            labels = JaccardDBSCAN(**options, **way)(features).labels
            np.testing.assert_array_equal(labels, expected, err_msg=str(way))

    def test_without_a_compiler_labels_are_the_same(
        self, monkeypatch, person_features, with_duplicates
    ):
        features = with_duplicates(person_features(300))
        expected = JaccardDBSCAN()(features).labels
        for module in (neighbors, candidates, jaccard):
            monkeypatch.setattr(module, 'COMPILED', False)
        np.testing.assert_array_equal(JaccardDBSCAN()(features).labels, expected)


def groups_and_outliers(num_groups):
    """Features for a function that runs on ranks, where there are no fixtures."""
    rng = np.random.default_rng(0)
    members = np.repeat(rng.normal(size=(num_groups, 16)), 8, axis=0)
    members += 0.3 * rng.normal(size=members.shape)
    return np.concatenate([members, rng.normal(size=(num_groups, 16))])


def fail(*arguments, **options):
    raise MemoryError('no memory left')


def message_of(features):
    try:
        JaccardDBSCAN(backend='cpu')(features)
    except Exception as error:
        return f'{type(error).__name__}: {error}'
    return 'no error'


def cluster_together(folder):
    """Labels of many, few and no samples; then errors on one rank and on all."""
    labels = [
        JaccardDBSCAN(k1=10)(groups_and_outliers(size)).labels.tolist() for size in (150, 1, 0)
    ]
    labels.append(JaccardDBSCAN(k1=2, k2=1, min_samples=1)(np.eye(2)).labels.tolist())
    thirds = np.arange(1350) % 4 / 3
    for backend in ('cpu', 'torch'):
        clusterer = JaccardDBSCAN(k1=10, min_samples=2, backend=backend)
        labels.append(clusterer(groups_and_outliers(150), thirds).labels.tolist())
    features = groups_and_outliers(150)
    messages = [message_of(features * np.nan)]
    # The last stage first, since what is broken stays so.
    for module, stage in (
        (jaccard_compiled, 'find_overlaps'),
        (jaccard_compiled, 'encode'),
        (candidates, 'rank'),
    ):
        if get_rank() == 1:
            setattr(module, stage, fail)
        messages.append(message_of(features))
    return labels, messages


def test_ranks_get_the_labels_of_one_and_share_their_errors(tmp_path):
    results = run_on_ranks(__file__, 'cluster_together', tmp_path, world_sizes=(2, 3))
    expected = cluster_together(None)[0]
    assert len(set(expected[0])) > 100
    for ranks in results.values():
        for rank, (labels, (broken, *on_one_rank)) in enumerate(ranks):
            assert labels == expected
            assert 'are not finite' in broken
            error = 'MemoryError: no memory left'
            assert (
                on_one_rank == [error if rank == 1 else f'RuntimeError: rank 1 failed: {error}'] * 3
            )


def find_parts_together(folder):
    """The edges that a rank has found, and how many parts they came in."""
    unit = normalize(groups_and_outliers(200))
    table = neighbors.nearest_neighbors(unit, 10)
    parts = list(jaccard.jaccard_graph_parts(unit, table, 10, 3, 0.6, shared=True))
    edges = np.concatenate([np.stack([part.rows, part.columns], axis=1) for part in parts])
    return len(parts), edges.tolist()


def test_every_rank_finds_edges_that_no_other_finds(tmp_path):
    [(_, expected)] = run_on_ranks(__file__, 'find_parts_together', tmp_path, world_sizes=(1,))[1]
    ranks = run_on_ranks(__file__, 'find_parts_together', tmp_path, world_sizes=(3,))[3]
    assert all(parts > 1 and len(edges) > 100 for parts, edges in ranks)
    found = [pair for _, edges in ranks for pair in edges]
    assert sorted(found) == sorted(expected)


def grow(folder):
    """MiB that the peak memory grows by."""
    made = np.random.default_rng(0).normal(size=(20_000, 128)).astype(np.float32)
    features = made + np.repeat(made[:5000], 4, axis=0)
    del made
    JaccardDBSCAN()(features[:300])  # loads compiled loops and libraries
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    JaccardDBSCAN()(features)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**10


def test_memory_is_within_what_is_documented(tmp_path):
    [grown] = run_on_ranks(__file__, 'grow', tmp_path, world_sizes=(1,))[1]
    a_sample = 4 * 128 + 4 * 30 + max(16 * 30 + 512, 84 * 30)
    assert 0 < grown < 20_000 * a_sample / 2**20 + 96


class TestBadInput:
    @pytest.mark.parametrize(
        ('settings', 'message'),
        [
            ({'k1': 0}, 'k1 must be at least 1'),
            ({'k1': 5, 'k2': 6}, 'k2 must lie between 1 and k1 = 5, got 6'),
            ({'k2': 0}, 'k2 must lie between 1'),
            ({'eps': 0.0}, 'eps must lie strictly between 0 and 1'),
            ({'eps': 1.0}, 'eps must lie strictly between 0 and 1'),
            ({'eps': float('nan')}, 'eps must lie strictly between 0 and 1'),
            ({'min_samples': 0}, 'min_samples must be at least 1'),
            ({'num_threads': 0}, 'num_threads must be at least 1'),
            ({'backend': 'gpu'}, "backend must be one of auto, cpu, torch, got 'gpu'"),
        ],
    )
    def test_settings_out_of_range(self, settings, message):
        with pytest.raises(ValueError, match=message):
            JaccardDBSCAN(**settings)

    def test_broken_rows_are_counted_and_named(self, person_features):
        features = person_features(20)
        features[[3, 9]] = np.nan
        with pytest.raises(ValueError, match='2 of the 20 features .* row 3, row 9;'):
            JaccardDBSCAN()(features)

    def test_zero_rows_are_counted_and_named(self, person_features):
        features = person_features(20)
        features[7] = 0
        with pytest.raises(ValueError, match='1 of the 20 features are all zero: row 7;'):
            JaccardDBSCAN()(features)

    def test_not_a_matrix(self):
        with pytest.raises(ValueError, match='must be a matrix'):
            JaccardDBSCAN()(np.ones(5))

    @pytest.mark.parametrize(
        ('weights', 'message'),
        [
            (np.ones(4), r'each of the 5 samples, got shape \(4,\)'),
            (np.ones((5, 1)), r'each of the 5 samples, got shape \(5, 1\)'),
            ([1, 2, -3, 4, 5], r'1 sample_weights are negative .* index 2: -3.0'),
            ([1, 2, 3, np.inf, 5], r'1 sample_weights .* not finite, the first at index 3'),
        ],
    )
    def test_weights_that_do_not_fit(self, person_features, weights, message):
        for cluster in (JaccardDBSCAN(), JaccardDBSCAN().cluster):
            with pytest.raises(ValueError, match=message):
                cluster(normalize(person_features(5)), np.asarray(weights))


@pytest.mark.parametrize(
    ('features', 'settings', 'said'),
    [
        (np.eye(8), dict(k1=9), 'k1=9 is more than the 8 samples'),
        (np.ones((8, 4)), dict(k1=8), 'one cluster, of 8 of the 8 samples'),
    ],
)
def test_labels_that_teach_nothing_are_warned_of(logged, features, settings, said):
    JaccardDBSCAN(**settings)(features)
    assert said in logged[-1]


def test_other_labels_are_not(logged):
    JaccardDBSCAN(k1=5, k2=2)(np.repeat(np.eye(2), 5, axis=0))
    assert not logged
