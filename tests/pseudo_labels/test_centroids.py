import numpy as np
import pytest
import torch

from cpcl_mm.pseudo_labels import cluster_centroids


def test_the_mean_of_normalised_features_is_normalised():
    features = np.array([[2.0, 0.0], [0.0, 5.0], [0.0, -3.0], [9.0, 9.0]])
    centroids = cluster_centroids(features, np.array([1, 1, 0, -1]))
    np.testing.assert_allclose(centroids, [[0, -1], [0.5**0.5, 0.5**0.5]], rtol=1e-6)
    assert centroids.dtype == np.float32


def test_many_clusters_equal_a_loop():
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(500, 8)), rng.integers(-1, 40, 500)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    means = np.stack([unit[labels == k].mean(axis=0) for k in range(40)])
    expected = means / np.linalg.norm(means, axis=1, keepdims=True)
    np.testing.assert_allclose(cluster_centroids(features, labels), expected, atol=1e-6)


def test_the_same_input_gives_the_same_centroids():
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(300, 8)), rng.integers(0, 5, 300)
    first = cluster_centroids(features, labels)
    np.testing.assert_array_equal(cluster_centroids(torch.from_numpy(features), labels), first)


@pytest.mark.parametrize('num_samples', [0, 4])
def test_no_clusters_give_no_centroids(num_samples):
    centroids = cluster_centroids(np.ones((num_samples, 6)), np.full(num_samples, -1))
    assert centroids.shape == (0, 6)
    assert centroids.dtype == np.float32


def test_a_label_without_a_direction_has_a_row_of_zeros():
    features = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    centroids = cluster_centroids(features, np.array([0, 0, 2]))
    np.testing.assert_array_equal(centroids, [[0, 0], [0, 0], [0, 1]])


def test_one_label_for_each_row():
    with pytest.raises(ValueError, match=r'shape \(2,\), but there are 3 features'):
        cluster_centroids(np.ones((3, 2)), np.zeros(2, dtype=np.int64))


def test_broken_features_are_named():
    features = np.ones((3, 2))
    features[1] = np.nan
    with pytest.raises(ValueError, match='rows 1'):
        cluster_centroids(features, np.zeros(3, dtype=np.int64))
