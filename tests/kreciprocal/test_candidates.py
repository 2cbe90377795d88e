import numpy as np
import pytest
import torch

from cpcl_mm.kreciprocal import candidates as module
from cpcl_mm.kreciprocal.candidates import (
    CROWDED,
    Candidates,
    precise_products,
    product_error,
    rank,
    rank_all,
    rank_densely,
)
from cpcl_mm.kreciprocal.features import normalize


@pytest.fixture
def features(person_features):
    made = normalize(person_features(200, 8))
    made[::7] = made[3]  # ties, which the index decides
    return torch.from_numpy(made)


@pytest.mark.parametrize('compiled', [True, False])
def test_candidates_are_ranked_and_the_row_itself_is_dropped(
    monkeypatch, features, dense_ranking, compiled
):
    monkeypatch.setattr(module, 'COMPILED', compiled)
    rows = torch.tensor([4, 9, 14, 150])
    index = torch.rand(4, 200).argsort(dim=1).int()
    used = torch.full((4,), 200, dtype=torch.int32)
    best = rank(features, Candidates(rows, index, used), keep=20)
    np.testing.assert_array_equal(best, dense_ranking(features.numpy())[rows, 1:21])


@pytest.mark.parametrize('compiled', [True, False])
def test_unused_slots_do_not_count(monkeypatch, features, compiled):
    monkeypatch.setattr(module, 'COMPILED', compiled)
    index = torch.tensor([[1, 2, 10**6, 10**6], [0, 2, 5, 10**6], [10**6] * 4])
    used = torch.tensor([2, 3, CROWDED], dtype=torch.int32)
    best = rank(features, Candidates(torch.tensor([0, 1, 2]), index, used), keep=2)
    assert set(best[0].tolist()) == {1, 2}
    assert set(best[1].tolist()) < {0, 2, 5}


@pytest.mark.parametrize('budget', [50, 1 << 21])
def test_dense_ranking_is_the_same(monkeypatch, features, dense_ranking, budget):
    monkeypatch.setattr(module, '_DENSE_BUDGET', budget)
    monkeypatch.setattr(module, '_COLUMNS', 30)
    rows = torch.tensor([0, 13, 199])
    expected = dense_ranking(features.numpy())[rows, 1:41]
    np.testing.assert_array_equal(rank_densely(features, rows, 40), expected)


def test_rows_that_are_crowded_are_ranked_by_other_means(features, dense_ranking):
    rows = torch.tensor([3, 8, 60])
    # Row 3 has 28 duplicates; the others are said to be crowded.
    candidates = torch.arange(200, dtype=torch.int32).repeat(3, 1)
    used = torch.tensor([200, CROWDED, CROWDED], dtype=torch.int32)
    parts = [
        Candidates(rows[part], candidates[part], used[part]) for part in (slice(0, 2), slice(2, 3))
    ]
    table = rank_all(features, rows, 12, parts)
    np.testing.assert_array_equal(table, dense_ranking(features.numpy())[rows, :13])


def test_no_rows_at_all(features):
    assert rank_all(features, torch.arange(0), 5, []).shape == (0, 6)


@pytest.mark.parametrize('dim', [1, 3, 512])
def test_no_similarity_is_off_by_more_than_stated(person_features, dim):
    features = normalize(person_features(300, dim))
    exact = features.astype(np.float64) @ features.astype(np.float64).T
    unit = torch.from_numpy(features)
    with precise_products():
        found = torch.mm(unit, unit.T)
    assert np.abs(found.numpy() - exact).max() <= product_error(dim) < 1e-4


def test_a_lower_precision_is_set_aside_and_put_back():
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision('medium')
    try:
        with pytest.raises(ZeroDivisionError), precise_products():
            during = torch.get_float32_matmul_precision()
            raise ZeroDivisionError
        after = torch.get_float32_matmul_precision()
    finally:
        torch.set_float32_matmul_precision(before)
    assert (during, after) == ('highest', 'medium')
