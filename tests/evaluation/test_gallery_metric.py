import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmpretrain.structures import DataSample

from cpcl_mm.evaluation import GalleryMetric, rank_scores

RNG = np.random.default_rng(0)
GALLERY_IDS = np.array([0, 1, 2, 0, 1, 2, 0, 1])
QUERY_IDS = np.array([2, 0, 1, 0, 2])
# Against a gallery of unit vectors, features are scores.
SCORES = RNG.random((5, 8), dtype=np.float32)


def predictions():
    matches = [np.flatnonzero(identity == GALLERY_IDS).tolist() for identity in QUERY_IDS]
    return [
        DataSample().set_pred_score(torch.from_numpy(row)).set_gt_label(indices)
        for row, indices in zip(SCORES, matches, strict=True)
    ]


def test_the_scores_are_those_of_rank_scores():
    evaluator = Evaluator(GalleryMetric(topk=(1, 3)))
    evaluator.process(predictions()[:3])
    evaluator.process(predictions()[3:])
    expected = rank_scores(SCORES, np.eye(8), QUERY_IDS, GALLERY_IDS, ks=(1, 3)).as_dict()
    found = evaluator.evaluate(5)
    assert found == pytest.approx({f'retrieval/{key}': value for key, value in expected.items()})


def test_the_predictions_are_not_changed():
    samples = predictions()
    evaluator = Evaluator(GalleryMetric(topk=1))
    evaluator.process(samples)
    np.testing.assert_array_equal(samples[0].pred_score.numpy(), SCORES[0])
