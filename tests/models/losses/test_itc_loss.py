import math

import pytest
import torch
import torch.nn.functional as F

from cpcl_mm.models import ITCLoss


def test_the_formula_on_two_pairs():
    image, text = torch.eye(2), torch.eye(2)
    expected = -math.log(math.exp(2) / (math.exp(2) + 1))
    assert ITCLoss(temperature=0.5)(image, text).item() == pytest.approx(expected)


def test_both_directions_count():
    image = F.normalize(torch.tensor([[1.0, 0.0], [1.0, 1.0]]), dim=1)
    text = torch.eye(2)
    logits = image @ text.T
    target = torch.arange(2)
    expected = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
    assert ITCLoss(temperature=1)(image, text).item() == pytest.approx(expected.item())
    assert F.cross_entropy(logits, target) != F.cross_entropy(logits.T, target)


def test_features_that_agree_cost_less_than_swapped_ones():
    features = F.normalize(torch.randn(4, 8, generator=torch.Generator().manual_seed(0)), dim=1)
    loss = ITCLoss()
    assert loss(features, features) < loss(features, features.flip(0))


def test_label_smoothing_makes_certainty_cost_something():
    features = torch.eye(4)
    assert ITCLoss(label_smoothing=0.1)(features, features) > ITCLoss()(features, features)
