import numpy as np
import pytest

from cpcl_mm.apis.efficiency.epoch import EpochEstimate, estimate_clustering, scale_stages
from cpcl_mm.pseudo_labels import ClusterResult


class FakeClusterer:
    """Takes the time of its formula, and notes on what it was called."""

    def __init__(self, stages):
        self.stages, self.seen = stages, []

    def __call__(self, features):
        number = len(features)
        self.seen.append(features.shape)
        seconds = {name: formula(number) for name, formula in self.stages.items()}
        return ClusterResult(np.zeros(number, dtype=np.int64), seconds)


def test_the_search_for_neighbours_is_scaled_with_the_square():
    stages = {'neighbours': lambda n: 1e-6 * n**2, 'jaccard': lambda n: 1e-3 * n}
    clusterer = FakeClusterer(stages)
    seconds = estimate_clustering(clusterer, total=34_000, dims=16, sample=1000)
    assert seconds == pytest.approx(1e-6 * 34_000**2 + 1e-3 * 34_000)
    assert clusterer.seen == [(200, 16), (1000, 16)]


def test_a_clusterer_of_unknown_stages_is_scaled_with_the_square():
    assert scale_stages({'everything': 2.0}, 3) == 18


def test_loading_counts_where_it_is_slower_than_training():
    estimate = dict(num_images=1, num_captions=2, features=10.0, clustering=5.0)
    assert EpochEstimate(**estimate, training=100.0, loading=60.0).total == 115
    assert EpochEstimate(**estimate, training=100.0, loading=160.0).total == 175
