import numpy as np
import pytest
import torch

from cpcl_mm.kreciprocal.features import normalize
from cpcl_mm.kreciprocal.neighbors import inverted_file
from cpcl_mm.kreciprocal.neighbors.faiss_search import import_faiss
from cpcl_mm.kreciprocal.neighbors.inverted_file import look_again, propose, train_cells
from cpcl_mm.kreciprocal.neighbors.proposals import CROWDED


@pytest.fixture
def features(person_features):
    return torch.from_numpy(normalize(person_features(1300)))


def as_lists(parts):
    """Rows, and their candidates in use."""
    return {
        int(row): index[:used].tolist()
        for part in parts
        for row, index, used in zip(part.rows, part.index, part.used, strict=True)
    }


def test_there_are_four_cells_for_each_root_of_the_samples_and_always_the_same(features):
    cells = train_cells(features)
    assert cells.shape == (round(4 * 1300**0.5), 16)
    np.testing.assert_allclose(np.linalg.norm(cells, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(train_cells(features), cells)
    assert (train_cells(features, seed=1) != cells).any()


@pytest.mark.parametrize('num_samples', [2, 5])
def test_few_samples_have_no_more_cells(features, num_samples):
    assert len(train_cells(features[:num_samples])) == num_samples


def test_candidates_are_the_nearest_of_the_cells_searched(monkeypatch, features, dense_ranking):
    monkeypatch.setattr(inverted_file, 'PROBES', 10**6)
    rows = range(30, 1200)
    found = as_lists(propose(features, rows, 9, train_cells(features), num_threads=1))
    assert list(found) == list(rows)
    nearest = dense_ranking(features.numpy())[:, :10]
    # All cells are searched: half precision leaves twice as many candidates as are wanted.
    assert all(set(nearest[row]) <= set(index) for row, index in found.items())


def test_a_row_whose_cells_hold_too_few_is_left_to_others(monkeypatch, features):
    monkeypatch.setattr(inverted_file, 'PROBES', 1)
    parts = list(propose(features, range(1300), 100, train_cells(features), num_threads=1))
    assert all((part.used == CROWDED).all() for part in parts)
    assert all(((part.index >= 0) & (part.index < 1300)).all() for part in parts)


def test_threads_change_nothing_and_the_threads_of_faiss_stay_as_they_are(features):
    cells, before = train_cells(features), import_faiss().omp_get_max_threads()
    first, second = (
        as_lists(propose(features, range(1300), 9, cells, threads)) for threads in (1, 3)
    )
    assert first == second
    assert import_faiss().omp_get_max_threads() == before


@pytest.mark.parametrize('num_threads', [1, 2])
def test_a_second_look_finds_neighbors_of_neighbors_once_each(monkeypatch, num_threads):
    monkeypatch.setattr(inverted_file, '_ROWS_AT_ONCE', 3)
    table = torch.tensor([[0, 1, 2], [1, 0, 4], [2, 3, 0], [3, 2, 4], [4, 3, 1]], dtype=torch.int32)
    found = as_lists(look_again(table, range(1, 5), num_threads))
    assert found == {
        1: [0, 1, 2, 3, 4],
        2: [0, 1, 2, 3, 4],
        3: [0, 1, 2, 3, 4],
        4: [0, 1, 2, 3, 4],
    }
    assert as_lists(look_again(table, range(1), num_threads)) == {0: [0, 1, 2, 3, 4]}
    alone = torch.tensor([[0, 1], [1, 0], [2, 1]], dtype=torch.int32)
    assert as_lists(look_again(alone, range(3), num_threads)) == {
        0: [0, 1],
        1: [0, 1],
        2: [0, 1, 2],
    }
