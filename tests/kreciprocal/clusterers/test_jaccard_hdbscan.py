import numpy as np
import pytest

from cpcl_mm.kreciprocal import JaccardHDBSCAN, hdbscan
from cpcl_mm.kreciprocal.graph import TOLERANCE, DistanceGraph
from cpcl_mm.registry import TASK_UTILS


def test_it_is_one_line_of_config():
    config = {'type': 'JaccardHDBSCAN', 'min_cluster_size': 3, 'selection': 'leaf', 'k1': 9}
    clusterer = TASK_UTILS.build({**config, 'num_threads': 2})
    assert isinstance(clusterer, JaccardHDBSCAN)
    assert (clusterer.min_cluster_size, clusterer.selection) == (3, 'leaf')
    assert (clusterer.k1, clusterer.num_threads) == (9, 2)


def test_it_clusters_the_graph_of_jaccard_distances(person_features, dense_distances):
    features = person_features(300)
    distances = dense_distances(features, 20, 4)
    rows, columns = np.nonzero(np.triu(distances <= 0.7 + TOLERANCE, k=1))
    graph = DistanceGraph(300, rows, columns, distances[rows, columns].astype(np.float32))
    result = JaccardHDBSCAN(20, 4, max_distance=0.7, min_cluster_size=5, min_samples=3)(features)
    assert result.num_clusters > 5
    np.testing.assert_array_equal(result.labels, hdbscan(graph, 5, 3))
    assert list(result.seconds) == ['normalize', 'neighbors', 'jaccard', 'hdbscan']


def test_threads_and_backends_do_not_change_labels(person_features):
    features = person_features(400)
    expected = JaccardHDBSCAN()(features).labels
    for way in ({'num_threads': 2}, {'backend': 'torch'}, {'backend': 'faiss'}):
        np.testing.assert_array_equal(JaccardHDBSCAN(**way)(features).labels, expected)


@pytest.mark.parametrize('num_samples', [0, 1, 2, 5])
def test_few_samples_are_outliers(num_samples):
    labels = JaccardHDBSCAN()(np.eye(5)[:num_samples]).labels
    assert labels.tolist() == [-1] * num_samples


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'max_distance': 1.0}, 'max_distance must lie strictly between 0 and 1'),
        ({'min_cluster_size': 1}, 'min_cluster_size must be at least 2, got 1'),
        ({'min_samples': 0}, 'min_samples must be at least 1'),
        ({'selection': 'best'}, "selection must be one of eom, leaf, got 'best'"),
        ({'k1': 0}, 'k1 must be at least 1'),
    ],
)
def test_settings_out_of_range(settings, message):
    with pytest.raises(ValueError, match=message):
        JaccardHDBSCAN(**settings)


def test_sample_weights_are_refused(person_features):
    with pytest.raises(ValueError, match='takes no sample weights: use JaccardDBSCAN'):
        JaccardHDBSCAN()(person_features(20), np.ones(20))


def test_features_that_collapsed_are_refused_before_memory_is_full():
    features = np.ones((600, 4), dtype=np.float32)
    with pytest.raises(ValueError, match='more than 256 pairs a sample .* may have collapsed'):
        JaccardHDBSCAN(k1=600, k2=1)(features)
