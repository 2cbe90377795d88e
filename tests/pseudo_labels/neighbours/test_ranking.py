import numpy as np
import pytest

from cpcl_mm.pseudo_labels.features import normalise
from cpcl_mm.pseudo_labels.neighbours import ranking
from cpcl_mm.pseudo_labels.neighbours.proposals import CROWDED, Proposals
from cpcl_mm.pseudo_labels.neighbours.ranking import rank, rank_densely


@pytest.fixture
def features(person_features):
    made = normalise(person_features(200, 8))
    made[::7] = made[3]  # ties, which the index decides
    return made


@pytest.mark.parametrize('compiled', [True, False])
def test_candidates_are_ranked_and_the_row_itself_is_dropped(
    monkeypatch, features, dense_ranking, compiled
):
    monkeypatch.setattr(ranking, 'COMPILED', compiled)
    rng = np.random.default_rng(0)
    rows = np.array([4, 9, 14, 150])
    index = np.stack([rng.permutation(200) for _ in rows]).astype(np.int32)
    used = np.full(4, 200, dtype=np.int32)
    best = rank(features, Proposals(rows, index, used), keep=20)
    np.testing.assert_array_equal(best, dense_ranking(features)[rows, 1:21])


@pytest.mark.parametrize('compiled', [True, False])
def test_unused_slots_do_not_count(monkeypatch, features, compiled):
    monkeypatch.setattr(ranking, 'COMPILED', compiled)
    index = np.array([[1, 2, 10**6, 10**6], [0, 2, 5, 10**6], [10**6] * 4], dtype=np.int64)
    used = np.array([2, 3, CROWDED], dtype=np.int32)
    best = rank(features, Proposals(np.array([0, 1, 2]), index, used), keep=2)
    assert set(best[0]) == {1, 2}
    assert set(best[1]) < {0, 2, 5}


@pytest.mark.parametrize('budget', [50, 1 << 21])
def test_dense_ranking_is_the_same(monkeypatch, features, dense_ranking, budget):
    monkeypatch.setattr(ranking, '_DENSE_BUDGET', budget)
    monkeypatch.setattr(ranking, '_COLUMNS', 30)
    rows = np.array([0, 13, 199])
    expected = dense_ranking(features)[rows, 1:41]
    np.testing.assert_array_equal(rank_densely(features, rows, 40), expected)
