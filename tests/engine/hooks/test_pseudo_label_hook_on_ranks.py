"""Clusterers run on every rank, and an error on one of them leaves no other waiting."""

import runpy
from pathlib import Path

import numpy as np
import torch
from mmengine.dist import all_gather, get_rank

from cpcl_mm.engine.hooks import PseudoLabelHook
from cpcl_mm.pseudo_labels import ClusterResult, PairedSamples
from cpcl_mm.registry import TASK_UTILS

RANKS = runpy.run_path(str(Path(__file__).parents[2] / 'ranks.py'))


@TASK_UTILS.register_module()
class SharedWork:
    """A clusterer whose ranks need each other; rank ``broken`` fails before they meet."""

    def __init__(self, broken=-1):
        self.broken = broken

    def __call__(self, features, sample_weights=None):
        if get_rank() == self.broken:
            raise MemoryError(f'no memory on rank {self.broken}')
        parts = all_gather(torch.full((len(features),), get_rank()))
        return ClusterResult(sum(parts).numpy())


def label_on_a_rank(folder, broken=-1):
    hook = PseudoLabelHook(pipeline=[], clusterer=dict(type='SharedWork', broken=broken))
    samples = PairedSamples(np.eye(3), np.eye(2, 3), np.array([0, 1]))
    try:
        labels = hook._label(samples, {})
    except Exception as error:
        return str(error)
    return labels.image.tolist(), labels.text.tolist()


def label_with_an_error(folder):
    return label_on_a_rank(folder, broken=1)


def test_every_rank_takes_part_and_has_the_labels(tmp_path):
    results = RANKS['run_on_ranks'](__file__, 'label_on_a_rank', tmp_path, (2,))[2]
    assert results == [[[1, 1, 1], [1, 1]]] * 2


def test_an_error_on_one_rank_ends_the_others(tmp_path):
    # That it returns at all is the point: no rank waits for the one that is gone.
    waiting, broken = RANKS['run_on_ranks'](__file__, 'label_with_an_error', tmp_path, (2,))[2]
    assert broken == 'no memory on rank 1'
    assert isinstance(waiting, str)
