import sys

import faiss
import numpy as np
import pytest

from cpcl_mm.search.vector_index import IndexSettings, build_search


def make_features(number, dimensions=16, people=40, seed=0):
    """Unit vectors around some centers, as those of persons."""
    generator = np.random.default_rng(seed)
    centers = np.random.default_rng(1).normal(size=(people, dimensions))
    noise = generator.normal(size=(number, dimensions))
    rows = centers[generator.integers(people, size=number)] + 0.5 * noise
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


GALLERY = make_features(2000)
QUERIES = make_features(50, seed=2)


def by_sorting(queries, features, k):
    scores = queries @ features.T
    rows = np.argsort(-scores, axis=1, kind='stable')[:, :k]
    return np.take_along_axis(scores, rows, axis=1), rows


def test_exact_search_equals_sorting_everything():
    scores, rows = build_search(GALLERY, IndexSettings())(QUERIES, 10)
    expected_scores, expected_rows = by_sorting(QUERIES, GALLERY, 10)
    np.testing.assert_array_equal(rows, expected_rows)
    np.testing.assert_allclose(scores, expected_scores, atol=1e-6)


def test_equal_images_come_in_the_order_of_the_gallery():
    _, rows = build_search(np.repeat(GALLERY[:1], 5, axis=0), IndexSettings())(GALLERY[:1], 5)
    assert rows.tolist() == [[0, 1, 2, 3, 4]]


@pytest.mark.parametrize('kind', ['ivf', 'hnsw'])
def test_approximate_search_finds_nearly_all(kind):
    _, rows = build_search(GALLERY, IndexSettings(kind))(QUERIES, 10)
    _, expected = by_sorting(QUERIES, GALLERY, 10)
    recall = np.mean([np.isin(a, b).mean() for a, b in zip(rows, expected, strict=True)])
    assert recall > 0.9


def test_more_effort_finds_more():
    def found(effort):
        _, rows = build_search(GALLERY, IndexSettings('ivf', effort))(QUERIES, 10)
        _, expected = by_sorting(QUERIES, GALLERY, 10)
        return sum(np.isin(a, b).sum() for a, b in zip(rows, expected, strict=True))

    assert found(1) < found(10**6) == 500


@pytest.mark.parametrize('kind', ['exact', 'ivf', 'hnsw'])
def test_as_many_results_as_asked_for(kind):
    # A list of IVF holds about 45 images, and HNSW may miss some.
    _, rows = build_search(GALLERY, IndexSettings(kind, 1))(QUERIES, 2000)
    assert [len(set(row)) for row in rows.tolist()] == [2000] * 50
    assert rows.min() == 0


@pytest.mark.parametrize('kind', ['exact', 'ivf', 'hnsw'])
def test_a_gallery_of_one_image(kind):
    scores, rows = build_search(GALLERY[:1], IndexSettings(kind))(GALLERY[:1], 1)
    assert rows.tolist() == [[0]]
    assert scores[0, 0] == pytest.approx(1)


@pytest.mark.parametrize(('kind', 'moved'), [('exact', True), ('ivf', True), ('hnsw', False)])
def test_an_index_goes_to_the_gpus_where_there_are_any(kind, moved, monkeypatch):
    copies = []
    monkeypatch.setattr(faiss, 'get_num_gpus', lambda: 1)
    monkeypatch.setattr(faiss, 'index_cpu_to_all_gpus', lambda index: copies.append(index) or index)
    search = build_search(GALLERY, IndexSettings(kind))
    assert (len(copies) == 1) is moved
    _, expected = by_sorting(QUERIES, GALLERY, 1)
    np.testing.assert_array_equal(search(QUERIES, 1)[1], expected)


@pytest.mark.parametrize(
    ('settings', 'says'),
    [(dict(kind='flat'), "'flat': expected one of exact, ivf, hnsw"), (dict(effort=0), 'effort 0')],
)
def test_settings_out_of_range(settings, says):
    with pytest.raises(ValueError, match=says):
        IndexSettings(**settings)


def test_without_faiss_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'faiss', None)
    with pytest.raises(ImportError, match='faiss-gpu .* or faiss-cpu, and only one of them'):
        build_search(GALLERY, IndexSettings())
