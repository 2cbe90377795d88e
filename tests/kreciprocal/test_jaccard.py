import numpy as np
import pytest

from cpcl_mm.kreciprocal import chunks, jaccard
from cpcl_mm.kreciprocal.features import normalize
from cpcl_mm.kreciprocal.jaccard import (
    TOLERANCE,
    DistanceGraph,
    jaccard_graph_parts,
    mean_encodings,
)
from cpcl_mm.kreciprocal.neighbors import nearest_neighbors


def edges_of(features, k1=30, k2=6, max_distance=0.6, **way):
    unit = normalize(features)
    neighbors = nearest_neighbors(unit, k1)
    parts = list(jaccard_graph_parts(unit, neighbors, k1, k2, max_distance, **way))
    rows, columns, distances = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ('rows', 'columns', 'distances')
    )
    pairs = np.stack([rows, columns], axis=1).tolist()
    assert pairs == sorted(pairs, key=lambda pair: pair[0])
    assert len(pairs) == len({tuple(pair) for pair in pairs})
    return {tuple(pair): distance for pair, distance in zip(pairs, distances, strict=True)}


@pytest.mark.parametrize('max_distance', [0.05, 0.6, 0.97])
@pytest.mark.parametrize(('k1', 'k2'), [(30, 6), (30, 1), (7, 7), (2, 1), (1, 1), (200, 20)])
def test_edges_and_distances_equal_the_dense_ones(
    person_features, dense_distances, k1, k2, max_distance
):
    features = person_features(300)
    distances = dense_distances(features, k1, k2)
    expected = np.argwhere(np.triu(distances <= max_distance + TOLERANCE, k=1))
    edges = edges_of(features, k1, k2, max_distance)
    assert sorted(edges) == [tuple(pair) for pair in expected.tolist()]
    found = np.array([edges[tuple(pair)] for pair in expected.tolist()])
    np.testing.assert_allclose(found, distances[tuple(expected.T)], atol=2e-7)


def test_a_distance_of_zero_is_an_edge():
    features = np.repeat(np.eye(2, dtype=np.float32), 4, axis=0)
    edges = edges_of(features, k1=4, k2=4)
    assert len(edges) == 12
    assert set(edges.values()) == {0.0}


def test_a_pair_on_the_limit_is_within_it_whatever_the_rounding():
    # Of eight equal points, 0 to 6 are mutual neighbors and spread their weight evenly over each
    # other; 7 has only itself. With k2 = 3, W(7) is (V(7) + V(0) + V(1)) / 3, which shares 2/3 with
    # W(0): the distance is 1 - (2/3) / (4/3) = 0.5, and 2/3 has no exact binary form.
    features = np.ones((8, 2), dtype=np.float32)
    assert (0, 7) in edges_of(features, k1=7, k2=3, max_distance=0.5)
    assert (0, 7) not in edges_of(features, k1=7, k2=3, max_distance=0.499999)


@pytest.mark.parametrize('way', [{'num_threads': 1}, {'num_threads': 2}, {'in_torch': True}])
def test_parts_and_ways_of_working_do_not_change_the_graph(monkeypatch, person_features, way):
    features = person_features(400)
    expected = edges_of(features)
    monkeypatch.setattr(jaccard, '_ROWS_AT_ONCE', 150)
    monkeypatch.setattr(jaccard, '_EDGES_AT_ONCE', {'cpu': 1})
    monkeypatch.setattr(chunks, '_CHUNK', 33)
    assert edges_of(features, **way) == expected


def test_a_graph_can_have_no_edges():
    assert edges_of(np.eye(5), k1=1, k2=1) == {}


def test_without_a_compiler_pytorch_does_the_work(monkeypatch, person_features):
    features = person_features(100)
    expected = edges_of(features)
    unit = normalize(features)
    neighbors = nearest_neighbors(unit, 10)
    means = mean_encodings(unit, neighbors, k1=10, k2=3).toarray()
    monkeypatch.setattr(jaccard, 'COMPILED', False)
    assert edges_of(features) == expected
    assert (mean_encodings(unit, neighbors, k1=10, k2=3).toarray() == means).all()


def test_mean_encodings_give_the_distances_of_the_graph(person_features):
    unit = normalize(person_features(100))
    means = mean_encodings(unit, nearest_neighbors(unit, 10), k1=10, k2=3).toarray()
    np.testing.assert_allclose(means.sum(axis=1), 1, atol=1e-6)
    for (row, column), distance in edges_of(unit, k1=10, k2=3).items():
        overlap = np.minimum(means[row], means[column]).sum()
        assert 1 - overlap / (2 - overlap) == pytest.approx(distance, abs=1e-5)


def test_pairs_on_a_limit_are_within_it_whatever_the_rounding():
    distances = np.array([0.0, 0.5, 0.5 + TOLERANCE / 2, 0.5 + 2 * TOLERANCE, 0.6])
    graph = DistanceGraph(6, np.arange(5), np.arange(1, 6), distances.astype(np.float32))
    kept = graph.within(0.5)
    assert kept.num_nodes == 6
    assert list(zip(kept.rows, kept.columns, strict=True)) == [(0, 1), (1, 2), (2, 3)]
    assert kept.distances.tolist() == graph.distances[:3].tolist()
