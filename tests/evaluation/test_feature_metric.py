import numpy as np
import pytest
import torch

from cpcl_mm.evaluation.feature_metric import FeatureItem, FeatureMetric


class SumOfFeatures(FeatureMetric):
    """Shows what a metric gets."""

    default_prefix = 'sum'

    def process(self, data_batch, data_samples):
        for number, sample in enumerate(data_samples):
            feature = self.own_feature(sample)
            self.results.append(FeatureItem(feature, (number, 7), f'item {number}'))

    def compute_metrics(self, results):
        self.collected = results
        self.names = self.names_of([0, 2])
        return {'all': float(results.features.sum())}


def samples(number=3):
    return [{'feature': row} for row in torch.arange(2.0 * number).reshape(number, 2).half()]


def test_items_come_as_arrays_in_order():
    metric = SumOfFeatures()
    metric.process(None, samples())
    assert metric.evaluate(3) == {'sum/all': 15.0}
    assert metric.collected.features.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert metric.collected.numbers.tolist() == [[0, 7], [1, 7], [2, 7]]
    assert metric.names == {0: 'item 0', 2: 'item 2'}


def test_what_the_sampler_added_is_dropped():
    metric = SumOfFeatures(prefix='other')
    metric.process(None, samples(5))
    assert metric.evaluate(3) == {'other/all': 15.0}


def test_nothing_is_kept_after_an_evaluation():
    metric = SumOfFeatures()
    for _ in range(2):
        metric.process(None, samples())
        assert metric.evaluate(3) == {'sum/all': 15.0}
        assert metric.results == []


def test_missing_items_are_counted():
    metric = SumOfFeatures()
    metric.process(None, samples(2))
    with pytest.raises(ValueError, match=r'rank 0 of 1 holds 2 of its 3 out of 3 items'):
        metric.evaluate(3)


def test_a_feature_owns_its_memory():
    batch = torch.ones(4, 2)
    feature = FeatureMetric.own_feature({'feature': batch[1]})
    assert feature.base is None
    assert feature.dtype == np.float32
