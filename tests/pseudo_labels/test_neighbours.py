import numpy as np
import pytest
import torch

from cpcl_mm.pseudo_labels import neighbours
from cpcl_mm.pseudo_labels.features import normalise
from cpcl_mm.pseudo_labels.neighbours import nearest_neighbours


@pytest.mark.parametrize(
    ('num_samples', 'dim', 'k'), [(2500, 16, 30), (1025, 3, 2), (900, 64, 200)]
)
def test_equals_sorting_all_similarities(person_features, dense_ranking, num_samples, dim, k):
    features = person_features(num_samples, dim)
    found = nearest_neighbours(normalise(features), k)
    np.testing.assert_array_equal(found, dense_ranking(features)[:, :k])
    assert found.dtype == np.int32


@pytest.mark.parametrize('k', [5, 6, 100])
def test_no_more_neighbours_than_samples(person_features, dense_ranking, k):
    features = person_features(5)
    np.testing.assert_array_equal(
        nearest_neighbours(normalise(features), k), dense_ranking(features)
    )


@pytest.mark.parametrize(('num_samples', 'k'), [(1, 3), (4, 1)])
def test_only_the_point_itself(num_samples, k):
    features = np.eye(4, dtype=np.float32)[:num_samples]
    assert nearest_neighbours(features, k).tolist() == [[i] for i in range(num_samples)]


def test_no_points():
    assert nearest_neighbours(np.empty((0, 4), dtype=np.float32), 3).shape == (0, 0)


def test_a_point_comes_before_its_duplicates_and_those_by_index():
    features = normalise(np.array([[1, 0], [0, 1], [1, 0], [1, 0], [1, 1]]))
    found = nearest_neighbours(features, 4)
    assert found.tolist() == [[0, 2, 3, 4], [1, 4, 0, 2], [2, 0, 3, 4], [3, 0, 2, 4], [4, 0, 1, 2]]


@pytest.mark.parametrize('copies', [40, 700])
def test_more_duplicates_than_candidates_fit(person_features, dense_ranking, copies):
    features = person_features(1200)
    features[np.random.default_rng(0).choice(1200, copies, replace=False)] = features[0]
    found = nearest_neighbours(normalise(features), 20)
    np.testing.assert_array_equal(found, dense_ranking(features)[:, :20])


def test_features_that_collapsed_to_nearly_one_direction(dense_ranking):
    rng = np.random.default_rng(0)
    features = 1 + 1e-3 * rng.normal(size=(1100, 24)).astype(np.float32)
    found = nearest_neighbours(normalise(features), 10)
    np.testing.assert_array_equal(found, dense_ranking(features)[:, :10])


def test_rounding_errors_of_the_product_do_not_show(monkeypatch, person_features):
    features = normalise(person_features(1500, 32) * 1e-3 + 1)
    exact = nearest_neighbours(features, 8)
    rng = np.random.default_rng(0)
    tiles = neighbours._tiles

    def noisy_tiles(matrix):
        for row, column, tile in tiles(matrix):
            bound = matrix.shape[1] * 2.0**-24
            noise = rng.uniform(-bound, bound, tile.shape).astype(np.float32)
            yield row, column, tile + noise

    monkeypatch.setattr(neighbours, '_tiles', noisy_tiles)
    np.testing.assert_array_equal(nearest_neighbours(features, 8), exact)


@pytest.mark.parametrize('num_threads', [2, 3])
def test_threads_do_not_change_neighbours(person_features, num_threads):
    features = normalise(person_features(2100))
    expected = nearest_neighbours(features, 15, num_threads=1)
    np.testing.assert_array_equal(nearest_neighbours(features, 15, num_threads), expected)


def test_a_lower_matmul_precision_is_set_aside_and_put_back(person_features):
    features = normalise(person_features(600, 64))
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision('medium')
    try:
        during = [torch.get_float32_matmul_precision() for _ in neighbours._tiles(features)]
        after = torch.get_float32_matmul_precision()
    finally:
        torch.set_float32_matmul_precision(before)
    assert (set(during), after) == ({'highest'}, 'medium')
