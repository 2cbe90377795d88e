"""Rules on rows 0..K-1; row K takes what outliers bring."""

import pytest
import torch
import torch.nn.functional as F

from cpcl_mm.models.memories.update_rules import UPDATE_RULES

ROWS = torch.tensor([1, 0, 3, 1, 1])
OUTLIERS = 3


def halfway(old, new):
    return F.normalize(old + new, dim=-1)


def moved(rule, unit, weights=None):
    """Prototypes before and after, features."""
    before, features = torch.cat([unit(9, 3), torch.zeros(1, 8)]), unit(0, 5)
    after = before.clone()
    UPDATE_RULES[rule](after, features, ROWS, weights, halfway)
    return before, after, features


@pytest.mark.parametrize('rule', UPDATE_RULES)
def test_clusters_that_are_not_in_the_batch_stay(rule, unit):
    before, after, _ = moved(rule, unit)
    assert torch.equal(after[2], before[2])
    assert not torch.equal(after[:2], before[:2])


@pytest.mark.parametrize('rule', UPDATE_RULES)
def test_a_single_feature_is_the_target_of_its_cluster(rule, unit):
    before, after, features = moved(rule, unit)
    assert torch.allclose(after[0], halfway(before[0], features[1]))


def test_mean_moves_to_the_mean(unit):
    before, after, features = moved('mean', unit)
    assert torch.allclose(after[1], halfway(before[1], features[[0, 3, 4]].mean(0)))


def test_mean_is_weighed_by_confidence(unit):
    weights = torch.tensor([0.5, 0.1, 0.9, 0.0, 1.0])
    before, after, features = moved('mean', unit, weights)
    target = (0.5 * features[0] + 1.0 * features[4]) / 1.5
    assert torch.allclose(after[1], halfway(before[1], target))
    # A share of its own sum: alone it counts fully.
    assert torch.allclose(after[0], halfway(before[0], features[1]))


def test_outliers_of_no_confidence_make_no_prototype_nan(unit):
    weights = torch.tensor([0.5, 0.1, 0.0, 0.2, 1.0])
    _, after, _ = moved('mean', unit, weights)
    assert torch.isfinite(after[:OUTLIERS]).all()


def test_each_moves_to_one_after_the_other(unit):
    before, after, features = moved('each', unit)
    expected = before[1]
    for feature in features[[0, 3, 4]]:
        expected = halfway(expected, feature)
    assert torch.allclose(after[1], expected)


def test_hardest_moves_to_the_least_similar(unit):
    before, after, features = moved('hardest', unit)
    members = features[[0, 3, 4]]
    hardest = members[(members @ before[1]).argmin()]
    assert torch.allclose(after[1], halfway(before[1], hardest))
