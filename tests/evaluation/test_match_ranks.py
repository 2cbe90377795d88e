import numpy as np
import pytest

from cpcl_mm.evaluation import match_ranks
from cpcl_mm.evaluation.match_ranks import Gallery, Queries, score_block


@pytest.fixture(params=[True, False], ids=['compiled', 'in NumPy'])
def score(request, monkeypatch):
    """``score_block`` that returns what it fills, by either of its two ways."""
    monkeypatch.setattr(match_ranks, 'COMPILED', request.param)

    def call(scores, queries, gallery):
        per_query = np.zeros((len(scores), 3))
        score_block(scores.copy(), queries, gallery, per_query)
        return per_query

    return call


def brute_force(scores, queries, gallery):
    for row, query in enumerate(zip(queries.starts, queries.stops, queries.groups, strict=True)):
        same = gallery.items[query[0] : query[1]]
        mine = [item for item in same if gallery.groups[item] != query[2]]
        others = [scores[row, item] for item in range(scores.shape[1]) if item not in same]
        ordered = sorted((scores[row, item] for item in mine), reverse=True)
        ranks = [j + 1 + sum(o >= s for o in others) for j, s in enumerate(ordered)]
        if ranks:
            precision = np.mean([(j + 1) / rank for j, rank in enumerate(ranks)])
            yield [ranks[0], precision, len(ranks) / ranks[-1]]
        else:
            yield [0, 0, 0]


def make_task(seed, margin=0.0, dim=4):
    """Small whole numbers, so that scores tie and products are exact."""
    rng = np.random.default_rng(seed)
    features = rng.integers(-2, 3, (6 + 200, dim)).astype(np.float32)
    queries = Queries(
        features=features[:6],
        margins=np.full(6, margin),
        starts=np.array([0, 0, 4, 9, 200, 130]),
        stops=np.array([4, 1, 9, 9, 200, 200]),
        groups=rng.integers(0, 3, 6),
    )
    gallery = Gallery(features[6:], rng.permutation(200), rng.integers(0, 3, 200))
    return features[:6] @ features[6:].T, queries, gallery


@pytest.mark.parametrize('seed', range(3))
def test_scores_as_they_are_where_there_is_no_margin(score, seed):
    scores, queries, gallery = make_task(seed)
    queries = queries._replace(features=np.empty((6, 0), np.float32))
    gallery = gallery._replace(features=np.empty((200, 0), np.float32))
    expected = list(brute_force(scores, queries, gallery))
    assert score(scores, queries, gallery) == pytest.approx(np.array(expected))


@pytest.mark.parametrize('seed', range(3))
def test_errors_of_the_product_within_half_the_margin_do_not_show(score, seed):
    # Scores are whole numbers, so a margin of 3 mixes up neighbors that the features tell apart.
    scores, queries, gallery = make_task(seed, margin=3.0)
    noise = np.random.default_rng(seed).uniform(-1.5, 1.5, scores.shape).astype(np.float32)
    expected = list(brute_force(scores, queries, gallery))
    assert score(scores + noise, queries, gallery) == pytest.approx(np.array(expected))
    blind = queries._replace(margins=np.zeros(6))
    assert (score(scores + noise, blind, gallery) != np.array(expected)).any()


def test_equal_items_tie_and_a_tie_ranks_before_the_match(score):
    rng = np.random.default_rng(0)
    query, item = rng.normal(size=(2, 1, 512)).astype(np.float32)
    gallery = Gallery(item.repeat(7, axis=0), np.array([3, 0, 1, 2, 4, 5, 6]), np.zeros(7, int))
    one = np.array([1])
    queries = Queries(query, np.array([1e-3]), one - 1, one, one)
    uneven = (query @ item.T + 1e-5 * rng.normal(size=(1, 7))).astype(np.float32)
    assert score(uneven, queries, gallery).tolist() == [[7, 1 / 7, 1 / 7]]
