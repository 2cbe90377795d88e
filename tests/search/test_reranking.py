import numpy as np
import pytest

from cpcl_mm.evaluation import rank_scores
from cpcl_mm.kreciprocal.jaccard import mean_encodings
from cpcl_mm.kreciprocal.neighbors import nearest_neighbors
from cpcl_mm.search import Gallery, ModelOrigin
from cpcl_mm.search.reranking import KReciprocal

IDENTITIES = np.repeat(np.arange(30), 6)


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def make_gallery(features):
    gallery = Gallery(ModelOrigin('c0105', 'colors.pth'))
    gallery.put([(str(row), '1') for row in range(len(features))], features)
    return gallery


@pytest.fixture(scope='module')
def people():
    """Images near each other, and sentences that are further away: gallery and queries."""
    generator = np.random.default_rng(0)
    centers = generator.normal(size=(30, 24))
    images = centers[IDENTITIES] + 0.6 * generator.normal(size=(180, 24))
    sentences = centers + 1.2 * generator.normal(size=(30, 24))
    return make_gallery(unit(images)), unit(sentences)


def mean_ap(ranker, gallery, queries):
    scores, rows = ranker(gallery, queries, len(gallery))
    table = np.empty_like(scores)
    np.put_along_axis(table, rows, scores, axis=1)
    return rank_scores(table, np.eye(len(gallery)), np.arange(30), IDENTITIES).mean_ap


RANKERS = [KReciprocal(), KReciprocal(candidates=40)]


@pytest.mark.parametrize('ranker', RANKERS)
def test_images_that_resemble_the_best_ones_move_up(people, ranker):
    assert mean_ap(ranker, *people) > mean_ap(Gallery.search, *people) + 3


@pytest.mark.parametrize('ranker', RANKERS)
@pytest.mark.parametrize('topk', [1, 10, 1000])
def test_a_ranker_gives_what_a_search_gives(people, ranker, topk):
    gallery, queries = people
    scores, rows = ranker(gallery, queries, topk)
    assert rows.shape == scores.shape == (30, min(topk, 180))
    assert all(len(set(row)) == len(row) for row in rows.tolist())
    assert (np.diff(scores, axis=1) <= 0).all()


def test_a_weight_at_its_end_leaves_the_order_of_the_cosine(people):
    ranker = KReciprocal(weight=1.0)
    for found, expected in zip(ranker(*people, 20), Gallery.search(*people, 20), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_jaccard_part_is_that_of_the_dense_formula(people):
    gallery, queries = people
    k1, k2 = 7, 3
    scores, rows = KReciprocal(k1, k2, weight=0.0)(gallery, queries[:1], 180)
    features = gallery.features
    encodings = mean_encodings(features, nearest_neighbors(features, k1), k1, k2).toarray()
    cosines = features @ queries[0]
    nearest = np.argsort(-cosines)[:k1]
    query = np.zeros(180)
    query[nearest] = np.exp(-(2 - 2 * cosines[nearest]))
    query = (query / query.sum() + encodings[nearest[: k2 - 1]].sum(axis=0)) / k2
    overlap = np.minimum(encodings, query).sum(axis=1)
    np.testing.assert_allclose(scores[0], (overlap / (2 - overlap))[rows[0]], atol=1e-5)


@pytest.mark.parametrize('number', [1, 2, 5])
@pytest.mark.parametrize('ranker', RANKERS)
def test_small_galleries(ranker, number):
    features = unit(np.eye(5)[:number] + 0.1)
    _, rows = ranker(make_gallery(features), features[:1], 3)
    assert rows[0, 0] == 0
    assert rows.shape == (1, min(3, number))


@pytest.mark.parametrize(
    ('make', 'says'),
    [
        (lambda: KReciprocal(k1=3, k2=4), 'k2=4, k1=3'),
        (lambda: KReciprocal(k1=30, candidates=20), 'candidates=20'),
        (lambda: KReciprocal(weight=-1), 'weight=-1'),
    ],
)
def test_settings_out_of_range(make, says):
    with pytest.raises(ValueError, match=says):
        make()
