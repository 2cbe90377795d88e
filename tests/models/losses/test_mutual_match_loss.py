import math

import pytest
import torch
import torch.nn.functional as F

from cpcl_mm.models import MutualMatchLoss, SDMLoss

# Images 0, 1, 2 are alike, and so are captions 0, 1, 3.
IMAGE = F.normalize(torch.tensor([[1.0, 0], [1, 0.2], [1, 0.4], [0, 1]]), dim=1)
TEXT = F.normalize(torch.tensor([[1.0, 0], [1, 0.3], [-1, 0.2], [1, 0.5]]), dim=1)


def naive(image, text, threshold, others, tau):
    """Divergence from the targets, row by row and in both directions."""
    number = len(image)
    total = 0.0
    for a, b in ((image, text), (text, image)):
        for i in range(number):
            near = [
                image[i] @ image[j] > threshold and text[i] @ text[j] > threshold
                for j in range(number)
            ]
            score = [1.0 if j == i else others if near[j] else -math.inf for j in range(number)]
            q = [math.exp(x) / sum(map(math.exp, score)) for x in score]
            logits = [float(a[i] @ b[j]) / tau for j in range(number)]
            p = [math.exp(x) / sum(map(math.exp, logits)) for x in logits]
            total += sum(x * math.log(x / (y + 1e-6)) for x, y in zip(p, q, strict=True))
    return total / number / 2


def batch_of(make_batch, **features):
    return make_batch([-1] * 4, [-1] * 4, features=features)


def test_pairs_match_where_images_and_captions_are_both_similar(make_batch):
    weights = MutualMatchLoss(0.7).targets(IMAGE, TEXT)
    matching = torch.eye(4, dtype=torch.bool)
    matching[0, 1] = matching[1, 0] = True
    assert torch.equal(weights > 0, matching)
    assert weights[0, 1] / weights[0, 0] == pytest.approx(math.exp(0.1 - 1))


@pytest.mark.parametrize('threshold', [0.7, 0.97])
def test_the_formula(make_batch, threshold):
    batch = batch_of(make_batch, image=IMAGE, text=TEXT)
    loss = MutualMatchLoss(threshold, others=0.1, temperature=0.5)
    expected = naive(IMAGE, TEXT, threshold, 0.1, 0.5)
    assert loss(batch, {}).item() == pytest.approx(expected, rel=1e-5)


def test_consistency_is_the_same_on_other_features(make_batch):
    one = MutualMatchLoss()(batch_of(make_batch, image=IMAGE, text=TEXT), {})
    loss = MutualMatchLoss(image='augmented_image', text='masked_text')
    batch = batch_of(make_batch, augmented_image=IMAGE, masked_text=TEXT)
    assert torch.equal(loss(batch, {}), one)


def test_the_matches_have_no_gradient(make_batch):
    image = IMAGE.clone().requires_grad_()
    MutualMatchLoss()(batch_of(make_batch, image=image, text=TEXT), {}).backward()
    fixed = IMAGE.clone().requires_grad_()
    targets = MutualMatchLoss().targets(IMAGE, TEXT)
    SDMLoss(eps=1e-6)(fixed, TEXT, targets).backward()
    assert torch.equal(image.grad, fixed.grad)
