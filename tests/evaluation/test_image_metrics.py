import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.evaluator import Evaluator
from mmpretrain.structures import DataSample

from cpcl_mm.evaluation import GalleryMetric, ImageReIDMetric, rank_scores
from cpcl_mm.registry import METRICS

FEATURES = F.normalize(torch.randn(12, 8, generator=torch.Generator().manual_seed(0)), dim=1)
IDENTITIES = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
CAMERAS = [0, 1, 1] * 4


def samples(features=FEATURES, **changes):
    columns = {'image_index': range(12), 'identity': IDENTITIES, 'camera': CAMERAS} | changes
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    result = [DataSample(metainfo=row) for row in rows]
    for sample, feature in zip(result, features, strict=True):
        sample.feature = feature
    return result


def evaluate(data_samples, **settings):
    evaluator = Evaluator(ImageReIDMetric(**settings))
    for start in range(0, 12, 5):
        evaluator.process(data_samples[start : start + 5])
    return evaluator.evaluate(12)


def expected(groups):
    """Each query alone, against a gallery without what it must not find."""
    scores = []
    for query in range(12):
        kept = [
            i for i in range(12) if IDENTITIES[i] != IDENTITIES[query] or groups[i] != groups[query]
        ]
        ids = [IDENTITIES[query]], [IDENTITIES[i] for i in kept]
        if ids[0][0] in ids[1]:
            scores.append(rank_scores(FEATURES[[query]], FEATURES[kept], *ids).as_dict())
    return {f'reid/{key}': np.mean([score[key] for score in scores]) for key in scores[0]}


def test_every_image_searches_all_others():
    assert evaluate(samples()) == pytest.approx(expected(range(12)))


def test_the_ranks_share_the_queries(monkeypatch):
    shared = []

    def spy(*args, **settings):
        shared.append(settings['shared'])
        return rank_scores(*args, **settings)

    monkeypatch.setattr('cpcl_mm.evaluation.feature_metric.rank_scores', spy)
    evaluate(samples())
    assert shared == [True]


def test_with_cameras_it_is_the_benchmarks_protocol():
    result = evaluate(samples(), group_key='camera')
    assert result == pytest.approx(expected(CAMERAS))
    assert result != pytest.approx(expected(range(12)))


def test_the_copy_of_the_query_itself_counts():
    # Two images of a pair are alike: had the query not been left out, it would not matter.
    features = FEATURES[:6].repeat_interleave(2, dim=0)
    scores = evaluate(samples(features, identity=[i // 2 for i in range(12)]), topk=1)
    assert scores == {'reid/R@1': 100, 'reid/mAP': 100, 'reid/mINP': 100}


def test_an_image_without_a_second_one_is_left_out_and_said(logged):
    scores = evaluate(samples(identity=[5] * 11 + [6]), topk=(1, 11))
    assert scores['reid/R@11'] == 100
    assert any('1 of 12 queries have no match' in message for message in logged)


def test_a_part_that_is_missing_is_named():
    with pytest.raises(KeyError, match=r"\['camera_number'\].*meta_keys"):
        evaluate(samples(), group_key='camera_number')
    plain = [DataSample(metainfo=dict(image_index=0, identity=0))]
    with pytest.raises(KeyError, match=r"\['feature'\].*ClusterContrastHead"):
        Evaluator(ImageReIDMetric()).process(plain)


def test_an_image_without_identity_is_named():
    broken = samples(identity=[0, 0, -1, *IDENTITIES[3:]], img_path=[f'{i}.png' for i in range(12)])
    with pytest.raises(ValueError, match=r'image 2 \(2\.png\) has no identity'):
        evaluate(broken)


def test_an_image_that_comes_twice_is_refused():
    with pytest.raises(ValueError, match='Only 11 of 12 evaluated images differ'):
        evaluate(samples(image_index=[0, 0, *range(2, 12)]))


def test_it_is_one_line_of_an_mmpretrain_config():
    metric = METRICS.build(dict(type='ImageReIDMetric', topk=1, prefix='val'))
    assert (metric.topk, metric.prefix) == ((1,), 'val')


RANDOM = np.random.default_rng(0)
GALLERY_IDS = np.array([0, 1, 2, 0, 1, 2, 0, 1])
QUERY_IDS = np.array([2, 0, 1, 0, 2])
# Against a gallery of unit vectors, features are scores.
SCORES = RANDOM.random((5, 8), dtype=np.float32)


def predictions():
    matches = [np.flatnonzero(identity == GALLERY_IDS).tolist() for identity in QUERY_IDS]
    return [
        DataSample().set_pred_score(torch.from_numpy(row)).set_gt_label(indices)
        for row, indices in zip(SCORES, matches, strict=True)
    ]


def test_scores_of_a_retriever_are_those_of_rank_scores():
    evaluator = Evaluator(GalleryMetric(topk=(1, 3)))
    evaluator.process(predictions()[:3])
    evaluator.process(predictions()[3:])
    expected = rank_scores(SCORES, np.eye(8), QUERY_IDS, GALLERY_IDS, ks=(1, 3)).as_dict()
    found = evaluator.evaluate(5)
    assert found == pytest.approx({f'retrieval/{key}': value for key, value in expected.items()})


def test_the_predictions_of_a_retriever_are_not_changed():
    samples = predictions()
    evaluator = Evaluator(GalleryMetric(topk=1))
    evaluator.process(samples)
    np.testing.assert_array_equal(samples[0].pred_score.numpy(), SCORES[0])
