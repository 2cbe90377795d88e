import numpy as np
import pytest

from cpcl_mm.pseudo_labels import cluster_centroids


def unit(*rows):
    rows = np.array(rows, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def random_problem(num_samples, clusters):
    rng = np.random.default_rng(0)
    return unit(*rng.normal(size=(num_samples, 8))), rng.integers(-1, clusters, num_samples)


def test_the_mean_of_the_features_is_normalized():
    features = unit([1, 0], [0, 1], [0, -1], [1, 1])
    centroids = cluster_centroids(features, np.array([1, 1, 0, -1]))
    np.testing.assert_allclose(centroids, [[0, -1], [0.5**0.5, 0.5**0.5]], rtol=1e-6)
    assert centroids.dtype == np.float32


def test_many_clusters_equal_a_loop():
    features, labels = random_problem(500, 40)
    expected = unit(*(features[labels == k].mean(axis=0) for k in range(40)))
    np.testing.assert_allclose(cluster_centroids(features, labels), expected, atol=1e-6)


def test_the_same_input_gives_the_same_centroids():
    features, labels = random_problem(300, 5)
    first = cluster_centroids(features, labels)
    np.testing.assert_array_equal(cluster_centroids(features, labels), first)


@pytest.mark.parametrize('num_samples', [0, 4])
def test_no_clusters_give_no_centroids(num_samples):
    features = np.ones((num_samples, 6), dtype=np.float32)
    centroids = cluster_centroids(features, np.full(num_samples, -1))
    assert centroids.shape == (0, 6)
    assert centroids.dtype == np.float32


def test_a_label_without_a_direction_has_a_row_of_zeros():
    features = unit([1, 0], [-1, 0], [0, 1])
    centroids = cluster_centroids(features, np.array([0, 0, 2]))
    np.testing.assert_array_equal(centroids, [[0, 0], [0, 0], [0, 1]])


def test_one_label_for_each_row():
    with pytest.raises(ValueError, match=r'shape \(2,\), but there are 3 features'):
        cluster_centroids(unit(*np.ones((3, 2))), np.zeros(2, dtype=np.int64))
