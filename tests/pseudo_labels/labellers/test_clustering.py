"""Clusterers run on every rank, and an error on one of them leaves no other waiting."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.dist import all_gather, get_rank

from cpcl_mm.kreciprocal import ClusterResult
from cpcl_mm.pseudo_labels import Samples
from cpcl_mm.pseudo_labels.labellers.per_modality import cluster_modality

RANKS = runpy.run_path(str(Path(__file__).parents[2] / 'ranks.py'))


class SharedWork:
    """A clusterer whose ranks need each other; rank ``broken`` fails before they meet."""

    def __init__(self, broken=-1):
        self.broken = broken

    def cluster(self, features, sample_weights=None):
        if get_rank() == self.broken:
            raise ValueError(f'no memory on rank {self.broken}')
        parts = all_gather(torch.full((len(features),), get_rank()))
        return ClusterResult(sum(parts).numpy(), {'share': 1.0})


def cluster_on_a_rank(folder):
    """Labels by both ranks, then the errors of a clustering that one of them leaves."""
    samples = Samples({'text': np.eye(3)}, np.zeros(3, dtype=int), np.zeros(1, dtype=int))
    result = cluster_modality(SharedWork(), 'text', samples)
    with pytest.raises((ValueError, RuntimeError)) as caught:
        cluster_modality(SharedWork(broken=1), 'text', samples)
    return result.labels.tolist(), result.seconds, str(caught.value)


def test_every_rank_takes_part_and_an_error_of_one_ends_the_others(tmp_path):
    # That it returns at all is the point: no rank waits for the one that is gone.
    ranks = RANKS['run_on_ranks'](__file__, 'cluster_on_a_rank', tmp_path, (2,))[2]
    assert [rank[:2] for rank in ranks] == [[[1, 1, 1], {'share': 1.0}]] * 2
    assert ranks[1][2] == 'clustering the text features failed: no memory on rank 1'
