import math

import numpy as np
import pytest
import torch

from cpcl_mm.models import NeighborLoss, PrototypeMemory
from cpcl_mm.pseudo_labels import Labels

THRESHOLD = 0.1


@pytest.fixture
def batch(make_batch):
    """Pairs of images 4, 0 and 2 of six."""
    return make_batch([4, 0, 2], [4, 0, 2])


@pytest.fixture
def memories(unit):
    """A row for each of six images, as the labels of ``Instances`` make them."""
    built = {m: PrototypeMemory(m, momentum=0.1) for m in ('image', 'text')}
    built['image'].reset(unit(5, 6))
    built['text'].reset(unit(6, 6))
    return built


def softmax(values):
    return [math.exp(x) / sum(map(math.exp, values)) for x in values]


def naive(batch, memories, neighbors, tau):
    """The larger batch, and the divergence of its rows, element by element."""
    seen = {m: memories[m].prototypes for m in ('image', 'text')}
    rows = [(batch.features['image'][i], batch.features['text'][i], i, 1.0) for i in range(3)]
    for i, own in enumerate(batch.labels['image'].tolist()):
        scores = {
            j: float(batch.features['image'][i] @ seen['image'][j]) for j in range(6) if j != own
        }
        best = sorted(scores, key=scores.get, reverse=True)[:neighbors]
        kept = [j for j in best if scores[j] > THRESHOLD]
        weights = [1 - x for x in softmax([1.0, *(scores[j] for j in kept)])[1:]]
        rows += [
            (seen['image'][j], seen['text'][j], i, w) for j, w in zip(kept, weights, strict=True)
        ]
    total, number = 0.0, len(rows)
    for a, b in ((0, 1), (1, 0)):
        for i in range(number):
            score = []
            for j in range(number):
                weight = rows[j][3] if i < 3 <= j else 1.0
                score.append(weight if rows[i][2] == rows[j][2] else -math.inf)
            q = softmax(score)
            p = softmax([float(rows[i][a] @ rows[j][b]) / tau for j in range(number)])
            total += sum(x * math.log(x / (y + 1e-6)) for x, y in zip(p, q, strict=True))
    return total / number / 2, number


@pytest.mark.parametrize('neighbors', [1, 3, 9])
def test_the_most_similar_other_images_join_the_batch(batch, memories, neighbors):
    expected, number = naive(batch, memories, neighbors, 0.5)
    assert number > 3
    loss = NeighborLoss(neighbors, THRESHOLD, temperature=0.5)(batch, memories)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_an_image_is_no_neighbor_of_itself(batch, memories):
    """The public code leaves out the first hit, which need not be the image itself."""
    memories['image'].reset(batch.features['image'][[1, 1, 2, 1, 0, 1]])
    similarity, found = NeighborLoss()._search(
        batch.features['image'], memories['image'].prototypes, batch.labels['image']
    )
    own = batch.labels['image'][:, None]
    # Where it is among them, it is as far as can be, and joins nothing.
    assert torch.equal(found == own, similarity == -torch.inf)


def test_the_gradient_reaches_the_features_of_the_batch_alone(batch, memories):
    features = [batch.features[m].requires_grad_() for m in ('image', 'text')]
    NeighborLoss(threshold=THRESHOLD)(batch, memories).backward()
    assert all(x.grad.abs().sum() > 0 for x in features)
    assert not memories['image'].prototypes.requires_grad


def test_before_the_memories_are_filled_it_is_zero_and_has_a_gradient(batch):
    batch.features['image'].requires_grad_()
    empty = {m: PrototypeMemory(m) for m in ('image', 'text')}
    loss = NeighborLoss()(batch, empty)
    loss.backward()
    assert loss == 0


def test_it_follows_with_nine_tenths_of_the_new_feature(batch, memories):
    before = memories['image'].prototypes[4]
    memories['image'].follow(batch)
    new = 0.9 * batch.features['image'][0] + 0.1 * before
    torch.testing.assert_close(memories['image'].prototypes[4], new / new.norm())


def test_labels_that_leave_an_image_out_are_refused():
    NeighborLoss().check_labels(Labels({'image': np.array([0, 1])}))
    with pytest.raises(ValueError, match="use labeller=dict\\(type='Instances'\\)"):
        NeighborLoss().check_labels(Labels({'image': np.array([0, -1])}))
