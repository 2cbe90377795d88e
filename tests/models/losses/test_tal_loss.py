import math

import pytest
import torch

from cpcl_mm.models import TALLoss

MATCHES = torch.eye(4, dtype=torch.bool)
MATCHES[0, 3] = MATCHES[3, 0] = True


def naive(image, text, matches, margin, tau):
    """What each row costs, element by element: images to captions, captions to images."""
    costs = []
    for a, b, m in ((image, text, matches), (text, image, matches.T)):
        for i in range(len(a)):
            s = [float(a[i] @ b[j]) for j in range(len(b))]
            positive = [x for j, x in enumerate(s) if m[i, j]]
            negative = [x for j, x in enumerate(s) if not m[i, j]]
            shares = [math.exp(x / tau) for x in positive]
            mean = sum(x * y for x, y in zip(positive, shares, strict=True)) / sum(shares)
            soft = tau * math.log(sum(math.exp(x / tau) for x in negative))
            costs.append(max(0.0, margin + soft - mean))
    return costs


@pytest.mark.parametrize(('margin', 'tau'), [(0.1, 0.015), (0.3, 0.1)])
def test_the_formula(unit, margin, tau):
    costs = naive(unit(0), unit(1), MATCHES, margin, tau)
    assert len({round(x, 4) for x in costs}) > 2
    loss = TALLoss(margin, tau, reduction='sum')(unit(0), unit(1), MATCHES)
    assert loss.item() == pytest.approx(sum(costs), rel=1e-4)
    mean = TALLoss(margin, tau)(unit(0), unit(1), MATCHES)
    assert mean.item() == pytest.approx(sum(costs) / 4, rel=1e-4)


def test_the_shares_of_positives_have_no_gradient(unit):
    image, text = unit(0).requires_grad_(), unit(1)
    TALLoss(margin=1.0, temperature=0.1)(image, text, MATCHES).backward()
    # With one positive and its share of 1, only the similarity itself has a gradient.
    s = image.detach() @ text.T
    alpha = (s / 0.1).masked_fill(~MATCHES, -torch.inf).softmax(1)
    beta = (s / 0.1).masked_fill(MATCHES, -torch.inf).softmax(1)
    back = (s.T / 0.1).masked_fill(~MATCHES, -torch.inf).softmax(1).T
    away = (s.T / 0.1).masked_fill(MATCHES, -torch.inf).softmax(1).T
    torch.testing.assert_close(image.grad, (beta - alpha + away - back) @ text / 4)


def test_a_row_that_matches_everything_costs_nothing_and_its_gradient_is_finite(unit):
    image = unit(0, 3).requires_grad_()
    loss = TALLoss()(image, unit(1, 3), torch.ones(3, 3, dtype=torch.bool))
    assert loss == 0
    loss.backward()
    assert image.grad.abs().sum() == 0


def test_a_temperature_of_zero_is_refused():
    with pytest.raises(ValueError, match='temperature must be positive, not 0'):
        TALLoss(temperature=0)
