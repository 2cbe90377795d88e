import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import DBSCAN

from cpcl_mm.kreciprocal import dbscan as module
from cpcl_mm.kreciprocal.dbscan import GrowingDBSCAN
from cpcl_mm.kreciprocal.jaccard import DistanceGraph


def dbscan_in_parts(parts, num_nodes, min_samples, weights=None):
    clusters = GrowingDBSCAN(num_nodes, min_samples, weights)
    for part in parts:
        clusters.add(part)
    return clusters.labels()


def dbscan(graph, min_samples, sample_weights=None):
    return dbscan_in_parts([graph], graph.num_nodes, min_samples, sample_weights)


def make_graph(num_nodes, pairs):
    pairs = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    distances = np.full(len(pairs), 0.5, dtype=np.float32)
    return DistanceGraph(num_nodes, pairs[:, 0], pairs[:, 1], distances)


def reference(graph, min_samples, weights=None):
    matrix = np.ones((graph.num_nodes, graph.num_nodes))
    np.fill_diagonal(matrix, 0)
    matrix[graph.rows, graph.columns] = matrix[graph.columns, graph.rows] = graph.distances
    model = DBSCAN(eps=0.6, min_samples=min_samples, metric='precomputed')
    return model.fit_predict(matrix, sample_weight=weights)


def test_clusters_are_numbered_by_their_smallest_core_point():
    # 0 is a border point of the cluster {2, 3, 4}, which makes that no earlier than {1, 5, 6}.
    graph = make_graph(8, [(0, 4), (2, 3), (2, 4), (3, 4), (1, 5), (1, 6), (5, 6)])
    assert dbscan(graph, min_samples=3).tolist() == [1, 0, 1, 1, 1, 0, 0, -1]


def test_a_border_point_takes_the_smallest_label_around_it():
    left, right = [(0, 1), (0, 2), (1, 2)], [(4, 5), (4, 6), (5, 6)]
    graph = make_graph(7, [*left, *right, (3, 5), (2, 3)])
    assert dbscan(graph, min_samples=4).tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert dbscan(graph, min_samples=3).tolist() == [0, 0, 0, 0, 0, 0, 0]


def test_weights_make_core_points():
    graph = make_graph(4, [(0, 1)])
    assert dbscan(graph, min_samples=4).tolist() == [-1] * 4
    weights = np.array([2, 2, 4, 3])
    assert dbscan(graph, min_samples=4, sample_weights=weights).tolist() == [0, 0, 1, -1]


@pytest.mark.parametrize(('min_samples', 'label'), [(1, 0), (2, -1)])
def test_a_single_point(min_samples, label):
    assert dbscan(make_graph(1, []), min_samples).tolist() == [label]


def test_no_point_at_all():
    assert dbscan(make_graph(0, []), min_samples=4).tolist() == []


@st.composite
def graphs(draw):
    num_nodes = draw(st.integers(1, 25))
    density = draw(st.sampled_from([0.02, 0.1, 0.2, 0.5]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    upper = np.triu(rng.random((num_nodes, num_nodes)) < density, k=1)
    weights = rng.integers(0, 4, num_nodes) if draw(st.booleans()) else None
    if weights is not None:
        weights[0] = 2  # scikit-learn wants one weight that is not zero
    return make_graph(num_nodes, np.argwhere(upper).tolist()), weights


@settings(derandomize=True, deadline=None, max_examples=200)
@given(case=graphs(), min_samples=st.integers(1, 6))
def test_equals_scikit_learn(case, min_samples):
    graph, weights = case
    np.testing.assert_array_equal(
        dbscan(graph, min_samples, weights), reference(graph, min_samples, weights)
    )


def split(graph, num_parts):
    for part in range(num_parts):
        chosen = slice(part, None, num_parts)
        yield DistanceGraph(
            graph.num_nodes, graph.rows[chosen], graph.columns[chosen], graph.distances[chosen]
        )


@settings(derandomize=True, deadline=None, max_examples=100)
@given(case=graphs(), min_samples=st.integers(1, 6), num_parts=st.integers(1, 9))
def test_parts_and_dropped_edges_do_not_show(case, min_samples, num_parts):
    graph, weights = case
    expected = dbscan(graph, min_samples, weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, '_HELD_PER_NODE', 0)
        parts = split(graph, num_parts)
        found = dbscan_in_parts(parts, graph.num_nodes, min_samples, weights)
    np.testing.assert_array_equal(found, expected)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(case=graphs(), min_samples=st.integers(1, 6), num_ranks=st.integers(1, 4))
def test_ranks_that_have_a_part_of_the_edges_each_make_the_same_clusters(
    case, min_samples, num_ranks
):
    graph, weights = case
    # Thirds: their sums depend on the order, in the last bit.
    weights = None if weights is None else weights / 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, '_HELD_PER_NODE', 0)
        clusters, *others = (
            GrowingDBSCAN(graph.num_nodes, min_samples, weights) for _ in range(num_ranks)
        )
        for rank, part in zip((clusters, *others), split(graph, num_ranks), strict=True):
            rank.add(part)
    for other in others:
        clusters.merge(other)
    np.testing.assert_array_equal(clusters.labels(), dbscan(graph, min_samples, weights))


def test_few_edges_are_held_of_a_graph_in_which_all_points_are_joined(monkeypatch):
    held = []
    thin_out = module._thin_out

    def watched(pairs, core):
        held.append(pairs.shape[1])
        return thin_out(pairs, core)

    monkeypatch.setattr(module, '_thin_out', watched)
    rows, columns = np.triu_indices(400, k=1)
    complete = DistanceGraph(400, rows, columns, np.zeros(len(rows), dtype=np.float32))
    labels = dbscan_in_parts(split(complete, 100), 400, min_samples=4)
    assert set(labels) == {0}
    assert len(held) > 4
    assert max(held) < 40 * 400 < len(rows) / 4
