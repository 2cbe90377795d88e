"""The mmengine metric: collecting, scoring, several processes, and what pictures need."""

import dataclasses
import json
import runpy
from pathlib import Path

import pytest
import torch
from mmengine.dataset import DefaultSampler
from mmengine.evaluator import Evaluator
from mmpretrain.structures import DataSample

from cpcl_mm.evaluation import RankedQuery, TextPersonRetrievalMetric, rank_scores
from cpcl_mm.registry import METRICS

run_on_ranks = runpy.run_path(str(Path(__file__).parents[1] / 'ranks.py'))['run_on_ranks']
NUM_IMAGES = 9


def make_samples(num_images=NUM_IMAGES, seed=0):
    """Predictions of the retrieval view: images (three per identity), then two captions each."""
    generator = torch.Generator().manual_seed(seed)
    samples = []
    for caption_index in range(-num_images, 2 * num_images):
        image_index = caption_index // 2 if caption_index >= 0 else caption_index + num_images
        feature = torch.nn.functional.normalize(torch.randn(6, generator=generator), dim=0)
        sample = DataSample(feature=feature)
        is_caption = caption_index >= 0
        sample.set_metainfo(
            {
                'modality': 'text' if is_caption else 'image',
                'image_index': image_index,
                'caption_index': max(-1, caption_index),
                'identity': image_index // 3,
                'caption': f'caption {caption_index}' if is_caption else None,
                'img_path': None if is_caption else f'{image_index}.jpg',
            }
        )
        samples.append(sample)
    return samples


def make_few(captions, identities):
    """Predictions of two images, (1, 0) of identity 0 and (0, 1) of 1, and of a caption of each."""
    images, (one, _, other, _) = make_samples(2)[:2], make_samples(2)[2:]
    for sample, feature in zip((*images, one, other), (*torch.eye(2), *captions), strict=True):
        sample.feature = torch.as_tensor(feature)
    for sample, identity in zip((*images, one, other), (0, 1, *identities), strict=True):
        sample.set_metainfo({'identity': identity})
    return [*images, one, other]


def run_evaluator(samples, batch_size=4, **kwargs):
    """Evaluate through mmengine, in batches."""
    metric = TextPersonRetrievalMetric(**kwargs)
    evaluator = Evaluator(metric)
    for start in range(0, len(samples), batch_size):
        evaluator.process(samples[start : start + batch_size])
    return evaluator.evaluate(len(samples)), metric


def test_scores_both_directions_under_their_usual_names():
    scores, _ = run_evaluator(make_samples())
    names = ['R@1', 'R@5', 'R@10', 'mAP', 'mINP']
    assert list(scores) == [f'{way}/{name}' for way in ('t2i', 'i2t') for name in names]
    assert all(0 <= value <= 100 for value in scores.values())


def test_equals_the_scores_of_the_features():
    samples = make_samples()
    scores, _ = run_evaluator(samples, topk=(2, 3))
    features = torch.stack([sample.feature for sample in samples])
    identities = torch.tensor([sample.identity for sample in samples])
    images, captions = slice(None, NUM_IMAGES), slice(NUM_IMAGES, None)
    for way, query, gallery in (('t2i', captions, images), ('i2t', images, captions)):
        both = (features[query], features[gallery], identities[query], identities[gallery])
        for name, score in rank_scores(*both, ks=(2, 3)).as_dict().items():
            assert scores.pop(f'{way}/{name}') == score
    assert not scores


def test_directions_are_not_mixed_up():
    # Both captions find the image of identity 0; its only image finds one of them first.
    scores, _ = run_evaluator(make_few([[1.0, 0.0], [0.8, 0.6]], [0, 1]), topk=1)
    assert (scores['t2i/R@1'], scores['i2t/R@1']) == (50, 100)


def test_topk_and_prefix_are_settings():
    scores, _ = run_evaluator(make_samples(), topk=3, prefix='night')
    assert list(scores)[3:] == ['night/i2t/R@3', 'night/i2t/mAP', 'night/i2t/mINP']


def test_is_built_from_a_config():
    metric = METRICS.build({'type': 'TextPersonRetrievalMetric', 'topk': 1})
    assert isinstance(metric, TextPersonRetrievalMetric)


def test_keeps_one_result_an_item_that_owns_its_memory():
    metric = TextPersonRetrievalMetric()
    batch = torch.nn.functional.normalize(torch.rand(4, 6, dtype=torch.float16), dim=1)
    samples = make_samples()[:4]
    for sample, feature in zip(samples, batch, strict=True):
        sample.feature = feature
    metric.process(None, [sample.to_dict() for sample in samples])
    assert len(metric.results) == 4
    assert all(item.feature.base is None for item in metric.results)
    assert all(item.feature.dtype == 'float32' for item in metric.results)


def test_forgets_its_results_between_epochs():
    samples = make_samples()
    metric = TextPersonRetrievalMetric()
    evaluator = Evaluator(metric)
    for _ in range(2):
        evaluator.process(samples)
        scores = evaluator.evaluate(len(samples))
    assert scores == run_evaluator(samples)[0]


@pytest.mark.parametrize(
    ('identity', 'gallery', 'expected'),
    [
        (3, [3, 4, -1], [True, False, None]),
        (-1, [3, 4, -1], [None, None, None]),
    ],
)
def test_a_match_needs_both_identities(identity, gallery, expected):
    query = RankedQuery('a man', ['a.png', 'b.png', 'c.png'], [0.9, 0.8, 0.7], gallery, identity)
    assert query.is_match == expected


class TestRankedQueries:
    def test_are_captions_spread_over_the_split_with_their_best_images(self):
        samples = make_samples()
        _, metric = run_evaluator(samples, num_sheet_queries=3)
        assert [query.caption for query in metric.ranked_queries] == [
            'caption 0',
            'caption 8',
            'caption 17',
        ]
        query = metric.ranked_queries[1]
        images = torch.stack([sample.feature for sample in samples[:NUM_IMAGES]])
        scores, order = (images @ samples[NUM_IMAGES + 8].feature).topk(NUM_IMAGES)
        assert query.gallery_paths == [f'{index}.jpg' for index in order]
        assert query.gallery_identities == [index // 3 for index in order.tolist()]
        assert query.scores == pytest.approx(scores.tolist(), abs=1e-6)
        assert (query.identity, query.image_path) == (1, '4.jpg')

    def test_are_all_captions_where_there_are_few(self):
        _, metric = run_evaluator(make_samples(), num_sheet_queries=100)
        assert [query.caption for query in metric.ranked_queries] == [
            f'caption {index}' for index in range(2 * NUM_IMAGES)
        ]

    def test_of_equal_images_the_first_comes_first(self):
        samples = make_samples()
        for sample in samples[:NUM_IMAGES]:
            sample.feature = samples[4].feature
        _, metric = run_evaluator(samples, num_sheet_queries=2)
        for query in metric.ranked_queries:
            assert query.gallery_paths == [f'{index}.jpg' for index in range(NUM_IMAGES)]

    def test_can_be_switched_off(self):
        _, metric = run_evaluator(make_samples(), num_sheet_queries=0)
        assert metric.ranked_queries == []


class TestErrors:
    def test_an_item_without_identity(self):
        samples = make_samples()
        samples[2].set_metainfo({'identity': -1})
        with pytest.raises(ValueError, match=r"image 2, .*'2.jpg'.* needs `id` in every record"):
            run_evaluator(samples)

    @pytest.mark.parametrize(('part', 'found'), [(slice(0, 9), '0 cap'), (slice(9, 27), '0 im')])
    def test_only_images_or_only_captions(self, part, found):
        with pytest.raises(ValueError, match=f"{found}.*view='retrieval'"):
            run_evaluator(make_samples()[part])

    def test_an_item_that_comes_twice(self):
        samples = make_samples()
        with pytest.raises(ValueError, match='Only 26 of 27 .* differ.*DefaultSampler'):
            run_evaluator([*samples[:-1], samples[0]])


def test_says_how_many_queries_have_no_match(logged):
    run_evaluator(make_few(torch.eye(2), [0, 7]))
    found = [message for message in logged if 'have no match' in message]
    assert [message[:19] for message in found] == ['t2i: 1 of 2 queries', 'i2t: 1 of 2 queries']


def evaluate_together(folder):
    """Scores of an uneven split, and of one with fewer items than ranks may have."""
    results = []
    for num_images in (NUM_IMAGES, 1):
        samples = make_samples(num_images)
        metric = TextPersonRetrievalMetric(num_sheet_queries=3)
        evaluator = Evaluator(metric)
        for index in DefaultSampler(samples, shuffle=False):
            evaluator.process([samples[index]])
        scores = evaluator.evaluate(len(samples))
        sheet = [dataclasses.astuple(query) for query in metric.ranked_queries]
        results.append([scores, json.loads(json.dumps(sheet))])
    return results


def test_ranks_share_the_queries_and_score_like_one(tmp_path):
    results = run_on_ranks(__file__, 'evaluate_together', tmp_path, world_sizes=(2, 3))
    expected = evaluate_together(None)
    assert len(expected[0][1]) == 3
    for first, *others in results.values():
        assert first == expected
        assert others == [[[scores, []] for scores, _ in expected]] * len(others)
