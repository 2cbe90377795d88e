"""scikit-learn's HDBSCAN of all distances is the reference."""

import numpy as np
import pytest
from sklearn.cluster import HDBSCAN
from sklearn.metrics import adjusted_rand_score

from cpcl_mm.kreciprocal import JaccardHDBSCAN
from cpcl_mm.kreciprocal.clusterers.jaccard_hdbscan import hdbscan
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
    for way in ({'num_threads': 2}, {'backend': 'torch'}):
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


def points_in_the_plane(seed):
    """Groups of several densities, and points in between."""
    rng = np.random.default_rng(seed)
    centers = rng.uniform(0, 1, (6, 2))
    spread = rng.uniform(0.005, 0.02, 6)
    groups = [c + s * rng.normal(size=(25, 2)) for c, s in zip(centers, spread, strict=True)]
    return rng.permutation(np.concatenate([*groups, rng.uniform(0, 1, (30, 2))]))


def distances_of(points):
    distances = np.linalg.norm(points[:, None] - points[None], axis=2) / 2**0.5
    return distances.astype(np.float32).astype(np.float64)


def cut(distances, limit):
    """The graph of all pairs within a limit."""
    rows, columns = np.nonzero(np.triu(distances <= limit, k=1))
    return DistanceGraph(len(distances), rows, columns, distances[rows, columns].astype(np.float32))


def scikit_learn(distances, min_cluster_size, min_samples, selection):
    model = HDBSCAN(
        min_cluster_size=min_cluster_size,
        min_samples=min_samples,
        metric='precomputed',
        cluster_selection_method=selection,
        copy=True,
    )
    return model.fit_predict(distances)


@pytest.mark.parametrize('selection', ['eom', 'leaf'])
@pytest.mark.parametrize('seed', range(3))
def test_a_whole_graph_gives_the_clusters_of_scikit_learn(seed, selection):
    distances = distances_of(points_in_the_plane(seed))
    expected = scikit_learn(distances, 8, 1, selection)
    labels = hdbscan(cut(distances, 1.0), 8, 1, selection)
    assert expected.max() > 3
    np.testing.assert_array_equal(labels < 0, expected < 0)
    assert adjusted_rand_score(labels, expected) == 1


@pytest.mark.parametrize(('min_cluster_size', 'min_samples'), [(5, 5), (10, 3)])
def test_core_distances_are_equal_often_and_leave_a_choice(min_cluster_size, min_samples):
    distances = distances_of(points_in_the_plane(0))
    expected = scikit_learn(distances, min_cluster_size, min_samples, 'eom')
    labels = hdbscan(cut(distances, 1.0), min_cluster_size, min_samples, 'eom')
    assert np.mean((labels < 0) == (expected < 0)) > 0.95
    both = (labels >= 0) & (expected >= 0)
    assert adjusted_rand_score(labels[both], expected[both]) > 0.97


def test_pieces_of_a_graph_are_clusters_or_outliers():
    near = [(0, 4), (0, 5), (4, 5), (1, 2), (1, 3), (2, 3), (6, 7)]
    rows, columns = np.array(near).T
    distances = np.linspace(0.1, 0.4, len(near)).astype(np.float32)
    graph = DistanceGraph(9, rows, columns, distances)
    assert hdbscan(graph, 3, 2).tolist() == [0, 1, 1, 1, 0, 0, -1, -1, -1]
    assert hdbscan(graph, 4, 2).tolist() == [-1] * 9


def test_points_with_too_few_neighbors_are_outliers():
    # Two triangles; 6 hangs on the first and has one neighbor.
    near = [(0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5), (2, 6)]
    rows, columns = np.array(near).T
    graph = DistanceGraph(7, rows, columns, np.full(len(near), 0.3, dtype=np.float32))
    assert hdbscan(graph, 3, 3).tolist() == [0, 0, 0, 1, 1, 1, -1]
    assert hdbscan(graph, 3, 2).tolist() == [0, 0, 0, 1, 1, 1, 0]


@pytest.mark.parametrize('size', [2, 4])
def test_distances_of_zero_are_edges(size):
    rows, columns = np.triu_indices(size, k=1)
    rows, columns = np.concatenate([rows, rows + size]), np.concatenate([columns, columns + size])
    graph = DistanceGraph(2 * size, rows, columns, np.zeros(len(rows), dtype=np.float32))
    assert hdbscan(graph, size, size).tolist() == [0] * size + [1] * size


@pytest.mark.parametrize('num_nodes', [0, 1, 3])
def test_no_edges_at_all(num_nodes):
    empty = np.empty(0, dtype=np.int32)
    graph = DistanceGraph(num_nodes, empty, empty, empty.astype(np.float32))
    assert hdbscan(graph, 2, 2).tolist() == [-1] * num_nodes


def test_the_order_of_edges_does_not_show():
    graph = cut(np.round(distances_of(points_in_the_plane(0)), 2), 0.2)
    order = np.random.default_rng(0).permutation(len(graph.rows))
    shuffled = DistanceGraph(
        graph.num_nodes, graph.rows[order], graph.columns[order], graph.distances[order]
    )
    np.testing.assert_array_equal(hdbscan(shuffled, 5, 5), hdbscan(graph, 5, 5))
