import pytest
import torch
import torch.nn.functional as F

from cpcl_mm.models import SDMLoss


def features(seed, num=4, dim=8):
    return F.normalize(torch.randn(num, dim, generator=torch.Generator().manual_seed(seed)), dim=1)


def naive(image, text, matches, temperature, eps):
    """The formula, element by element."""
    total = 0.0
    for a, b, m in ((image, text, matches), (text, image, matches.T)):
        for i in range(len(a)):
            p = torch.softmax(torch.stack([a[i] @ b[j] / temperature for j in range(len(b))]), 0)
            q = m[i].float() / m[i].sum()
            total += sum(p[j] * torch.log(p[j] / (q[j] + eps)) for j in range(len(b)))
    return total / len(image) / 2


@pytest.mark.parametrize('temperature', [0.02, 0.1])
def test_the_formula(temperature):
    matches = torch.eye(4, dtype=torch.bool)
    matches[0, 2] = matches[1, 3] = True
    loss = SDMLoss(temperature)(features(0), features(1), matches)
    expected = naive(features(0), features(1), matches, temperature, 1e-8)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-4)


def test_without_matches_only_the_own_caption_matches():
    eye = torch.eye(4, dtype=torch.bool)
    loss = SDMLoss()
    assert torch.equal(loss(features(0), features(1)), loss(features(0), features(1), eye))


def test_a_distribution_equal_to_its_target_costs_nothing():
    same = torch.ones(3, 1)
    matches = torch.ones(3, 3, dtype=torch.bool)
    assert SDMLoss()(same, same, matches).item() == pytest.approx(0, abs=1e-6)


def test_the_gradient_stays_finite_at_a_low_temperature():
    image = features(0).requires_grad_()
    SDMLoss(temperature=1e-3)(image, features(1)).backward()
    assert torch.isfinite(image.grad).all()
