from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from cpcl_mm.pseudo_labels import DistanceGraph, dbscan


def test_a_graph_is_what_dbscan_works_on():
    graph = DistanceGraph(
        num_nodes=4,
        rows=np.array([0, 1]),
        columns=np.array([1, 2]),
        distances=np.array([0.1, 0.2], dtype=np.float32),
    )
    assert dbscan(graph, 2, None).tolist() == [0, 0, 0, -1]


def test_a_graph_cannot_be_changed():
    graph = DistanceGraph(0, *[np.empty(0)] * 3)
    with pytest.raises(FrozenInstanceError):
        graph.num_nodes = 1
