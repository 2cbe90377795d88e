from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from cpcl_mm.kreciprocal import DistanceGraph, GrowingDBSCAN
from cpcl_mm.kreciprocal.graph import TOLERANCE


def test_a_graph_is_what_dbscan_works_on():
    graph = DistanceGraph(
        num_nodes=4,
        rows=np.array([0, 1]),
        columns=np.array([1, 2]),
        distances=np.array([0.1, 0.2], dtype=np.float32),
    )
    clusters = GrowingDBSCAN(4, min_samples=2)
    clusters.add(graph)
    assert clusters.labels().tolist() == [0, 0, 0, -1]


def test_a_graph_cannot_be_changed():
    graph = DistanceGraph(0, *[np.empty(0)] * 3)
    with pytest.raises(FrozenInstanceError):
        graph.num_nodes = 1


def test_pairs_on_a_limit_are_within_it_whatever_the_rounding():
    distances = np.array([0.0, 0.5, 0.5 + TOLERANCE / 2, 0.5 + 2 * TOLERANCE, 0.6])
    graph = DistanceGraph(6, np.arange(5), np.arange(1, 6), distances.astype(np.float32))
    kept = graph.within(0.5)
    assert kept.num_nodes == 6
    assert list(zip(kept.rows, kept.columns, strict=True)) == [(0, 1), (1, 2), (2, 3)]
    assert kept.distances.tolist() == graph.distances[:3].tolist()
