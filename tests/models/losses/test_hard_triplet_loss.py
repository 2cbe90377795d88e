import pytest
import torch

from cpcl_mm.models import HardTripletLoss

MATCHES = torch.eye(4, dtype=torch.bool)
MATCHES[0, 3] = MATCHES[3, 0] = True


def naive(image, text, matches, margin):
    """Costs of every row, element by element: images to captions, captions to images."""
    costs = []
    for a, b, m in ((image, text, matches), (text, image, matches.T)):
        for i in range(len(a)):
            negatives = [float(a[i] @ b[j]) for j in range(len(b)) if not m[i, j]]
            hardest = max(negatives, default=-float('inf'))
            costs.append(max(0.0, margin + hardest - float(a[i] @ b[i])))
    return costs


@pytest.mark.parametrize('margin', [0.1, 0.3])
def test_the_hardest_of_those_that_do_not_match_in_both_directions(unit, margin):
    costs = naive(unit(0), unit(1), MATCHES, margin)
    assert len(set(costs)) > 2
    mean, total = (
        HardTripletLoss(margin, reduction)(unit(0), unit(1), MATCHES).item()
        for reduction in ('mean', 'sum')
    )
    assert total == pytest.approx(sum(costs) / 2, rel=1e-5)
    assert mean == pytest.approx(total / 4)


def test_the_default_is_a_margin_of_0_3_and_the_mean(unit):
    expected = sum(naive(unit(0), unit(1), MATCHES, 0.3)) / 8
    assert HardTripletLoss()(unit(0), unit(1), MATCHES).item() == pytest.approx(expected)


def test_without_matches_only_the_own_caption_matches(unit):
    eye = torch.eye(4, dtype=torch.bool)
    loss = HardTripletLoss()
    assert torch.equal(loss(unit(0), unit(1)), loss(unit(0), unit(1), eye))
    assert loss(unit(0), unit(1)) != loss(unit(0), unit(1), MATCHES)


def test_a_row_that_matches_everything_costs_nothing_and_its_gradient_is_finite(unit):
    matches = torch.eye(3, dtype=torch.bool)
    matches[0] = matches[:, 0] = True
    image, text = unit(0, 3), unit(1, 3)
    expected = sum(naive(image, text, matches, 0.3)) / 2
    loss = HardTripletLoss(reduction='sum')(image.requires_grad_(), text, matches)
    assert loss.item() == pytest.approx(expected)
    loss.backward()
    assert image.grad[0].abs().sum() == 0
    assert torch.isfinite(image.grad).all()
    everything = torch.ones(3, 3, dtype=torch.bool)
    assert HardTripletLoss()(image, text, everything) == 0


def test_pairs_that_are_apart_by_the_margin_cost_nothing():
    assert HardTripletLoss(margin=0.3)(torch.eye(3), torch.eye(3)) == 0
    assert HardTripletLoss(margin=1.2)(torch.eye(3), torch.eye(3)).item() == pytest.approx(0.2)
