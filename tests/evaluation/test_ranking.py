"""The ranking scores against brute force, scikit-learn and torchmetrics."""

import doctest

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score
from torchmetrics.functional.retrieval import retrieval_average_precision, retrieval_hit_rate

from cpcl_mm.evaluation import rank_scores, ranking


def make_task(seed=0, num_queries=40, num_gallery=60, dimensions=8, num_people=7):
    """Random unit features; every identity is in the gallery."""
    rng = np.random.default_rng(seed)

    def features(number):
        matrix = rng.normal(size=(number, dimensions)).astype(np.float32)
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)

    gallery_ids = np.concatenate(
        [np.arange(num_people), rng.integers(num_people, size=num_gallery - num_people)]
    )
    query_ids = rng.integers(num_people, size=num_queries)
    return features(num_queries), features(num_gallery), query_ids, gallery_ids


def brute_force(query, gallery, query_ids, gallery_ids, ks=(1, 5, 10)):
    """The definition, item by item: non-matches first among equal scores."""
    hits, aps, inps = {k: [] for k in ks}, [], []
    for feature, identity in zip(query, query_ids, strict=True):
        scores = gallery @ feature
        order = sorted(range(len(gallery)), key=lambda i: (-scores[i], gallery_ids[i] == identity))
        ranks = [r for r, i in enumerate(order, start=1) if gallery_ids[i] == identity]
        if not ranks:
            continue
        for k in ks:
            hits[k].append(ranks[0] <= k)
        aps.append(np.mean([j / r for j, r in enumerate(ranks, start=1)]))
        inps.append(len(ranks) / ranks[-1])
    recall = {f'R@{k}': 100 * np.mean(hits[k]) for k in ks}
    return {**recall, 'mAP': 100 * np.mean(aps), 'mINP': 100 * np.mean(inps)}


def test_a_ranking_small_enough_to_do_by_hand():
    # Scores of the query: .9 (other), .8 (same), .7 (other), .6 (same): matches at ranks 2 and 4.
    scores = rank_scores([[1.0]], [[0.6], [0.9], [0.7], [0.8]], [1], [1, 2, 2, 1], ks=(1, 2))
    assert scores.recall == {1: 0, 2: 100}
    assert scores.mean_ap == pytest.approx(100 * (1 / 2 + 2 / 4) / 2)
    assert scores.mean_inp == pytest.approx(100 * 2 / 4)
    assert (scores.num_queries, scores.num_without_match) == (1, 0)


@pytest.mark.parametrize('seed', range(5))
def test_equals_brute_force(seed):
    task = make_task(seed)
    assert rank_scores(*task).as_dict() == pytest.approx(brute_force(*task))


def test_equals_scikit_learn_and_torchmetrics():
    query, gallery, query_ids, gallery_ids = make_task()
    # torchmetrics drops matches with scores of 0 and less; ranks do not change by a shift.
    scores = torch.from_numpy(query @ gallery.T + 2)
    matches = torch.from_numpy(query_ids[:, None] == gallery_ids)
    pairs = list(zip(scores, matches, strict=True))
    result = rank_scores(query, gallery, query_ids, gallery_ids, ks=(1, 3))
    sklearn = np.mean([average_precision_score(match, score) for score, match in pairs])
    assert result.mean_ap == pytest.approx(100 * sklearn)
    metrics = np.mean([retrieval_average_precision(*pair) for pair in pairs])
    assert result.mean_ap == pytest.approx(100 * metrics)
    for k in (1, 3):
        hits = np.mean([retrieval_hit_rate(*pair, top_k=k) for pair in pairs])
        assert result.recall[k] == pytest.approx(100 * hits)


# Features of few small whole numbers, so that many scores are exactly equal.
coarse = st.lists(st.integers(-1, 1), min_size=2, max_size=2)
items = st.lists(st.tuples(coarse, st.integers(0, 2)), min_size=1, max_size=12)


@settings(deadline=None, max_examples=150)
@given(queries=items, gallery=items, block_bytes=st.integers(1, 200))
def test_equals_brute_force_with_ties_in_blocks_of_every_size(queries, gallery, block_bytes):
    query_ids, gallery_ids = ([identity for _, identity in x] for x in (queries, gallery))
    query, other = (np.array([f for f, _ in x], np.float32) for x in (queries, gallery))
    if not set(query_ids) & set(gallery_ids):
        return
    result = rank_scores(query, other, query_ids, gallery_ids, block_bytes=block_bytes)
    assert result.as_dict() == pytest.approx(brute_force(query, other, query_ids, gallery_ids))
    assert result.num_without_match == sum(i not in gallery_ids for i in query_ids)


@pytest.mark.parametrize('order', [[0, 1], [1, 0]])
def test_equal_scores_never_flatter(order):
    gallery_ids = np.array([1, 2])[order]
    scores = rank_scores(np.ones((1, 2)), np.ones((2, 2)), [1], gallery_ids)
    assert scores.recall[1] == 0
    assert scores.mean_ap == scores.mean_inp == 50


@pytest.mark.parametrize('place', range(7))
@pytest.mark.parametrize('block_bytes', [1, 2**20])
def test_rounding_does_not_tell_equal_items_apart(place, block_bytes):
    rng = np.random.default_rng(place)
    queries, gallery = rng.normal(size=(3, 512)), rng.normal(size=(1, 512)).repeat(7, axis=0)
    gallery_ids = np.where(np.arange(7) == place, 1, 2)
    for number in (1, 2, 3):
        scores = rank_scores(
            queries[:number], gallery, [1] * number, gallery_ids, ks=[6, 7], block_bytes=block_bytes
        )
        assert scores.recall == {6: 0, 7: 100}


def test_a_model_that_gives_everything_the_same_feature_ranks_all_matches_last():
    scores = rank_scores(np.ones((3, 4)), np.ones((10, 4)), [0, 1, 2], [0, 1, 2, *range(3, 10)])
    assert scores.recall == {1: 0, 5: 0, 10: 100}
    assert scores.mean_ap == pytest.approx(10)


@pytest.mark.parametrize('rows', [0, 1, 2, 7, 39, 40, 1000])
def test_the_block_size_does_not_matter(rows):
    task = make_task()
    expected = rank_scores(*task).as_dict()
    assert rank_scores(*task, block_bytes=rows * 4 * 60).as_dict() == pytest.approx(expected)


@pytest.mark.parametrize('threads', [1, 2, 5])
def test_the_number_of_threads_does_not_matter(threads):
    task = make_task()
    expected = rank_scores(*task)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert rank_scores(*task) == expected
    finally:
        torch.set_num_threads(before)


def test_no_array_is_larger_than_a_block(monkeypatch):
    shapes = []
    product = torch.mm

    def watched(*args, out):
        shapes.append(out.shape)
        return product(*args, out=out)

    monkeypatch.setattr(torch, 'mm', watched)
    rank_scores(*make_task(), block_bytes=4 * 60 * 16)
    assert shapes == [(16, 60), (16, 60), (8, 60)]


def test_image_to_text_is_the_same_function_the_other_way_round():
    captions, images, caption_ids, image_ids = make_task(num_queries=30)
    result = rank_scores(images, captions, image_ids, caption_ids).as_dict()
    assert result == pytest.approx(brute_force(images, captions, image_ids, caption_ids))


def in_pairs(number):
    """Groups of two: item 0 and 1, 2 and 3, ..."""
    return np.arange(number) // 2


@pytest.mark.parametrize('seed', range(3))
def test_items_of_the_same_identity_and_group_are_left_out(seed):
    query, gallery, query_ids, gallery_ids = make_task(seed)
    groups = in_pairs(len(query)), in_pairs(len(gallery))
    result = rank_scores(query, gallery, query_ids, gallery_ids, groups=groups)
    expected = []
    for q in range(len(query)):
        shared = (gallery_ids == query_ids[q]) & (groups[1] == q // 2)
        one = (query[q : q + 1], gallery[~shared], query_ids[q : q + 1], gallery_ids[~shared])
        expected.append(brute_force(*one))
    for name, value in result.as_dict().items():
        assert value == pytest.approx(np.mean([scores[name] for scores in expected]))


def test_the_query_itself_can_be_left_out():
    features, ids = np.eye(3, dtype=np.float32), [4, 4, 5]
    itself = (range(3), range(3))
    found = rank_scores(features, features, ids, ids, ks=(1,), groups=itself)
    # Its partner scores like the stranger, which ranks first; the stranger has no partner.
    assert found.as_dict() == {'R@1': 0, 'mAP': 50, 'mINP': 50}
    assert (found.num_queries, found.num_without_match) == (3, 1)
    assert rank_scores(features, features, ids, ids, ks=(1,)).recall[1] == 100


def test_queries_without_a_match_are_counted_and_left_out():
    query, gallery, query_ids, gallery_ids = make_task()
    stranger = query_ids == 3
    query_ids = np.where(stranger, 99, query_ids)
    result = rank_scores(query, gallery, query_ids, gallery_ids)
    known = rank_scores(query[~stranger], gallery, query_ids[~stranger], gallery_ids)
    assert result.as_dict() == pytest.approx(known.as_dict())
    assert result.num_queries == 40
    assert result.num_without_match == stranger.sum() > 0


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_takes_tensors_of_every_precision_that_carry_gradients(dtype):
    query, gallery = torch.eye(3, dtype=dtype, requires_grad=True), torch.eye(3, dtype=dtype)
    assert rank_scores(query, gallery, torch.arange(3), range(3)).recall[1] == 100


def test_does_not_change_its_inputs():
    task = make_task()
    copies = [array.copy() for array in task]
    rank_scores(*task)
    for array, copy in zip(task, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('which', [0, 1])
def test_refuses_features_that_are_not_finite(value, which):
    task = make_task()
    task[which][[4, 6], 2] = value
    name = ('query', 'gallery')[which]
    with pytest.raises(ValueError, match=rf'2 of the \d+ {name} features .* indices \[4, 6\]'):
        rank_scores(*task)


@pytest.mark.parametrize(
    ('changed', 'message'),
    [
        ({'query_features': np.zeros((0, 8))}, r'query features .* \(0, 8\)'),
        ({'gallery_features': np.zeros((60, 0))}, r'gallery features .* \(60, 0\)'),
        ({'gallery_features': np.zeros(60)}, r'gallery features .* \(60,\)'),
        ({'gallery_features': np.zeros((60, 9))}, '8 dimensions, those of the gallery 9'),
        ({'query_identities': [1, 2]}, r'query identities must be 40 .* \(2,\)'),
        ({'gallery_identities': np.zeros(60)}, 'gallery identities must be 60 whole .* float64'),
        ({'gallery_identities': [-1, *range(59)]}, r'1 of the 60 gallery .* negative.* \[0\]'),
        ({'groups': ([1], [1])}, r'query groups must be 40 .* \(1,\)'),
        ({'query_identities': np.full(40, 99)}, 'None of the 40 queries .* of the gallery'),
        ({'ks': (0, 5)}, r'ks .* \(0, 5\)'),
        ({'ks': ()}, r'ks .* \(\)'),
    ],
)
def test_refuses_what_does_not_fit(changed, message):
    names = ('query_features', 'gallery_features', 'query_identities', 'gallery_identities')
    with pytest.raises(ValueError, match=message):
        rank_scores(**{**dict(zip(names, make_task(), strict=True)), **changed})


def test_the_example_of_the_docstring_runs():
    assert doctest.testmod(ranking).failed == 0
