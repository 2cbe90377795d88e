import numpy as np
import pytest
import torch

from cpcl_mm.kreciprocal.features import normalize
from cpcl_mm.kreciprocal.neighbors import inverted_file
from cpcl_mm.kreciprocal.neighbors.approximate import estimate_recall, find_approximately
from cpcl_mm.kreciprocal.neighbors.proposals import Proposals


@pytest.fixture
def features(person_features):
    return torch.from_numpy(normalize(person_features(900, 8)))


def test_a_second_look_finds_more(monkeypatch, features, dense_ranking):
    monkeypatch.setattr(inverted_file, 'PROBES', 12)
    exact = torch.from_numpy(dense_ranking(features.numpy())[:, :10])
    table, recall = find_approximately(features, 10)
    assert table.dtype == torch.int32
    assert table[:, 0].tolist() == list(range(900))
    assert recall > 0.9
    monkeypatch.setattr(
        inverted_file, 'look_again', lambda table, rows, threads: once_more(table, rows)
    )
    once = find_approximately(features, 10)
    assert once.recall < recall
    assert (once.table == exact).double().mean() < (table == exact).double().mean()


def once_more(table, rows):
    """Propose what is known."""
    known = table[rows.start : rows.stop]
    used = torch.full((len(known),), known.shape[1], dtype=torch.int32)
    return [Proposals(known[:, 0].long(), known, used)]


def test_neighbors_are_in_the_exact_order(features, dense_ranking):
    table, _ = find_approximately(features, 10)
    place = np.argsort(dense_ranking(features.numpy()), axis=1)
    assert (np.diff(np.take_along_axis(place, table.numpy(), axis=1), axis=1) > 0).all()


def test_the_log_says_that_it_is_approximate_and_how_much(logged, features):
    _, recall = find_approximately(features, 10)
    assert 'APPROXIMATE for 900 samples (64 of 120 cells searched' in logged[-1]
    assert f'estimated recall {recall:.4f}, against exact search for 500 random' in logged[-1]
    assert 'approximate_above=None searches exactly' in logged[-1]


def test_recall_is_the_share_of_true_neighbors(features, dense_ranking):
    table = torch.from_numpy(dense_ranking(features.numpy())[:, :11].astype(np.int32))
    assert estimate_recall(features, table) == 1
    # Of ten neighbors three are wrong; the order does not matter.
    table[:, 8:] = -1
    assert estimate_recall(features, table.flip(1).roll(1, 1)) == pytest.approx(0.7)
