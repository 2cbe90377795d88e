"""Every backend, on any number of ranks, gives what sorting all similarities gives."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cpcl_mm.kreciprocal import neighbors, tiles
from cpcl_mm.kreciprocal.candidates import CROWDED
from cpcl_mm.kreciprocal.features import normalize
from cpcl_mm.kreciprocal.neighbors import nearest_neighbors

run_on_ranks = runpy.run_path(str(Path(__file__).parents[1] / 'ranks.py'))['run_on_ranks']
BACKENDS = ('cpu', 'torch')
SIZES = (1, 2, 4, 1300)


@pytest.mark.parametrize(
    ('num_samples', 'dim', 'k'), [(2500, 16, 30), (1025, 3, 2), (900, 64, 200)]
)
def test_equals_sorting_all_similarities(person_features, dense_ranking, num_samples, dim, k):
    features = person_features(num_samples, dim)
    found = nearest_neighbors(normalize(features), k)
    np.testing.assert_array_equal(found, dense_ranking(features)[:, :k])
    assert found.dtype == torch.int32


@pytest.mark.parametrize('k', [5, 6, 100])
def test_no_more_neighbors_than_samples(person_features, dense_ranking, k):
    features = person_features(5)
    np.testing.assert_array_equal(
        nearest_neighbors(normalize(features), k), dense_ranking(features)
    )


@pytest.mark.parametrize(('num_samples', 'k'), [(1, 3), (4, 1)])
def test_only_the_point_itself(num_samples, k):
    features = np.eye(4, dtype=np.float32)[:num_samples]
    assert nearest_neighbors(features, k).tolist() == [[i] for i in range(num_samples)]


def test_no_points():
    assert nearest_neighbors(np.empty((0, 4), dtype=np.float32), 3).shape == (0, 0)


def test_a_point_comes_before_its_duplicates_and_those_by_index():
    features = normalize(np.array([[1, 0], [0, 1], [1, 0], [1, 0], [1, 1]]))
    found = nearest_neighbors(features, 4)
    assert found.tolist() == [[0, 2, 3, 4], [1, 4, 0, 2], [2, 0, 3, 4], [3, 0, 2, 4], [4, 0, 1, 2]]


@pytest.mark.parametrize('copies', [40, 700])
def test_more_duplicates_than_candidates_fit(person_features, dense_ranking, copies):
    features = person_features(1200)
    features[np.random.default_rng(0).choice(1200, copies, replace=False)] = features[0]
    found = nearest_neighbors(normalize(features), 20)
    np.testing.assert_array_equal(found, dense_ranking(features)[:, :20])


def test_features_that_collapsed_to_nearly_one_direction(dense_ranking):
    rng = np.random.default_rng(0)
    features = 1 + 1e-3 * rng.normal(size=(1100, 24)).astype(np.float32)
    found = nearest_neighbors(normalize(features), 10)
    np.testing.assert_array_equal(found, dense_ranking(features)[:, :10])


@pytest.mark.parametrize('backend', BACKENDS)
class TestEveryBackend:
    def test_many_samples(self, person_features, dense_ranking, backend):
        features = person_features(1300, 32)
        found = nearest_neighbors(normalize(features), 12, 1, backend)
        np.testing.assert_array_equal(found, dense_ranking(features)[:, :12])

    def test_a_chunk_of_rows_at_a_time(self, monkeypatch, person_features, dense_ranking, backend):
        monkeypatch.setitem(neighbors._BLOCK_BYTES, 'cpu', 4 * 300 * 70)
        monkeypatch.setattr(tiles, '_TILE', 70)
        monkeypatch.setattr(tiles, '_CHUNK', 70)
        features = person_features(300)
        found = nearest_neighbors(normalize(features), 9, 1, backend)
        np.testing.assert_array_equal(found, dense_ranking(features)[:, :9])

    def test_more_duplicates_than_candidates_fit(self, person_features, dense_ranking, backend):
        features = person_features(500)
        features[::3] = features[0]
        found = nearest_neighbors(normalize(features), 10, 1, backend)
        np.testing.assert_array_equal(found, dense_ranking(features)[:, :10])

    def test_features_that_collapsed(self, dense_ranking, backend):
        rng = np.random.default_rng(0)
        features = 1 + 1e-3 * rng.normal(size=(400, 24)).astype(np.float32)
        found = nearest_neighbors(normalize(features), 10, 1, backend)
        np.testing.assert_array_equal(found, dense_ranking(features)[:, :10])


@settings(derandomize=True, deadline=None, max_examples=30)
@given(data=st.data())
def test_all_backends_agree_on_anything(person_features, dense_ranking, data):
    size = data.draw(st.integers(1, 300), label='samples')
    dim = data.draw(st.integers(1, 20), label='dim')
    features = person_features(size, dim, data.draw(st.integers(0, 1000), label='seed'))
    if data.draw(st.booleans(), label='coarse'):  # ties between different pairs
        features = np.round(features) + np.eye(size, dim) * 0.5 + 0.25
    if data.draw(st.booleans(), label='duplicates'):
        rng = np.random.default_rng(0)
        features = features[rng.integers(0, size, size)]
    k = data.draw(st.integers(1, 60), label='k')
    expected = dense_ranking(features)[:, :k]
    for backend in BACKENDS:
        found = nearest_neighbors(normalize(features), k, 1, backend)
        np.testing.assert_array_equal(found, expected, err_msg=backend)


@pytest.mark.parametrize('rows_at_once', [1, 7, 1000])
def test_candidates_hold_the_neighbors_of_each_row(
    monkeypatch, person_features, dense_ranking, rows_at_once
):
    features = person_features(200)
    monkeypatch.setitem(neighbors._BLOCK_BYTES, 'cpu', 4 * 200 * rows_at_once)
    rows, seen = torch.arange(50, 80), []
    expected = dense_ranking(features)
    for part in neighbors._propose_in_torch(torch.from_numpy(normalize(features)), rows, 6):
        assert len(part.rows) <= rows_at_once
        seen += part.rows.tolist()
        for row, index, used in zip(part.rows, part.index, part.used, strict=True):
            assert set(expected[row, 1:7]) <= set(np.array(index[:used]))
    assert seen == rows.tolist()


def close(values, keep, error, total=100):
    return neighbors._count_close(torch.tensor([values]), keep, error, total).item()


def test_what_lies_within_twice_the_error_of_the_last_wanted_may_be_among_the_best():
    # Two others are wanted, and the row itself is the first: 0.7 is the last wanted.
    values = [1.0, 0.8, 0.7, 0.65, 0.61, 0.59, 0.5]
    assert close(values, keep=2, error=0.01) == 3
    assert close(values, keep=2, error=0.03) == 4
    assert close(values, keep=2, error=0.05) == 5


def test_a_row_is_crowded_if_what_is_left_out_could_be_among_the_best():
    values = [1.0, 0.8, 0.7, 0.69]
    assert close(values, keep=2, error=0.1) == CROWDED
    assert close(values, keep=2, error=0.1, total=4) == 4
    assert close(values, keep=2, error=0.001) == 3


class TestChoiceOfTheBackend:
    @pytest.fixture(autouse=True)
    def forget_the_choice(self):
        neighbors._automatic_backend.cache_clear()
        yield
        neighbors._automatic_backend.cache_clear()

    @pytest.mark.parametrize(('sees_one', 'expected'), [(True, 'torch'), (False, 'cpu')])
    def test_auto_takes_a_gpu_where_there_is_one_and_says_so_once(
        self, monkeypatch, logged, sees_one, expected
    ):
        monkeypatch.setattr(torch.cuda, 'is_available', lambda: sees_one)
        monkeypatch.setattr(torch.cuda, 'get_device_name', lambda: 'some GPU')
        assert [neighbors.resolve_backend('auto') for _ in range(2)] == [expected] * 2
        assert len(logged) == 1
        assert f"backend '{expected}'" in logged[0]


def collapsed_and_spread(size):
    rng = np.random.default_rng(size)
    features = rng.normal(size=(size, 16))
    features[: size // 3] = 1 + 1e-4 * features[: size // 3]
    return normalize(features)


def search_together(folder):
    """Neighbors by the tiles, and by PyTorch where there are few samples."""
    found = {size: nearest_neighbors(collapsed_and_spread(size), 8, shared=True) for size in SIZES}
    few = nearest_neighbors(collapsed_and_spread(40), 8, backend='torch', shared=True)
    return {size: table.tolist() for size, table in found.items()} | {'few': few.tolist()}


def test_ranks_share_the_rows_and_get_the_neighbors_of_one(tmp_path):
    expected = {str(size): nearest_neighbors(collapsed_and_spread(size), 8) for size in SIZES}
    expected['few'] = nearest_neighbors(collapsed_and_spread(40), 8)
    results = run_on_ranks(__file__, 'search_together', tmp_path, world_sizes=(2, 3))
    for rank in results[2] + results[3]:
        for key, table in expected.items():
            np.testing.assert_array_equal(rank[key], table)


@pytest.mark.parametrize('num_threads', [2, 3])
def test_threads_do_not_change_neighbors(person_features, num_threads):
    features = normalize(person_features(2100))
    expected = nearest_neighbors(features, 15, num_threads=1)
    np.testing.assert_array_equal(nearest_neighbors(features, 15, num_threads), expected)
