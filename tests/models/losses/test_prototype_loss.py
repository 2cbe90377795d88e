from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

from cpcl_mm.models import PrototypeLoss
from cpcl_mm.models.losses import prototype_contrast

LABELS = torch.tensor([1, 0, -1, 1])


def memory(prototypes, labels='image'):
    return SimpleNamespace(prototypes=prototypes, labels=labels)


def naive(features, prototypes, labels, temperature, weights):
    """Weighted mean of -log softmax over the labelled features, one by one."""
    total = share = 0.0
    for feature, label, weight in zip(features, labels.tolist(), weights, strict=True):
        if label >= 0:
            p = torch.softmax(prototypes @ feature / temperature, 0)
            total, share = total - weight * p[label].log(), share + weight
    return total / share


@pytest.mark.parametrize('temperature', [0.05, 0.5])
def test_contrast_is_the_mean_over_the_labelled_features(unit, temperature):
    loss = prototype_contrast(unit(0), unit(9, 2), LABELS, temperature)
    expected = naive(unit(0), unit(9, 2), LABELS, temperature, [1, 1, 1, 1])
    assert torch.isclose(loss, expected)


def test_confidence_weighs_the_contrast(unit):
    weights = torch.tensor([0.2, 1.0, 0.7, 0.0])
    loss = prototype_contrast(unit(0), unit(9, 2), LABELS, 0.5, weights)
    assert torch.isclose(loss, naive(unit(0), unit(9, 2), LABELS, 0.5, weights))
    assert not torch.isclose(loss, prototype_contrast(unit(0), unit(9, 2), LABELS, 0.5))
    sure = prototype_contrast(unit(0), unit(9, 2), LABELS, 0.5, torch.ones(4))
    assert torch.isclose(sure, prototype_contrast(unit(0), unit(9, 2), LABELS, 0.5))


@pytest.mark.parametrize(
    ('prototypes', 'labels', 'weights'),
    [
        (2, [-1, -1], None),
        (2, [-1, -1], [1.0, 1.0]),
        (2, [0, 1], [0.0, 0.0]),
        (0, [-1, -1], None),
    ],
    ids=['outliers', 'sure outliers', 'no confidence', 'no prototypes'],
)
def test_without_a_label_the_contrast_is_zero_and_has_a_gradient(unit, prototypes, labels, weights):
    features = unit(0, 2).requires_grad_()
    weights = None if weights is None else torch.tensor(weights)
    loss = prototype_contrast(features, unit(9, prototypes), torch.tensor(labels), 0.05, weights)
    assert loss == 0
    loss.backward()
    assert features.grad.abs().sum() == 0


def test_pairs_are_summed_each_by_the_labels_that_its_memory_follows(make_batch, unit):
    batch = make_batch(LABELS.tolist(), [0, -1, 2, 1])
    memories = {'image': memory(unit(8, 2)), 'text': memory(unit(9, 3), 'text')}
    pairs = [('text', 'image'), ('image', 'text')]
    loss = PrototypeLoss(pairs, temperature=0.1)(batch, memories)
    parts = [
        F.cross_entropy(batch.features[name] @ m.prototypes.T / 0.1, labels, ignore_index=-1)
        for name, m, labels in (
            ('text', memories['image'], LABELS),
            ('image', memories['text'], batch.labels['text']),
        )
    ]
    assert torch.isclose(loss, sum(parts))


def test_the_confidence_is_that_of_the_labels_of_the_memory(make_batch, unit):
    weights = torch.tensor([0.1, 0.9, 1.0, 0.4])
    batch = make_batch(LABELS.tolist(), [-1] * 4, weights={'image': weights})
    loss = PrototypeLoss([('text', 'any')], temperature=0.5)(batch, {'any': memory(unit(8, 2))})
    assert torch.isclose(loss, naive(unit(1), unit(8, 2), LABELS, 0.5, weights))
    # Captions have no entry: their labels are trusted.
    other = PrototypeLoss([('text', 'any')])
    assert other(batch, {'any': memory(unit(8, 2), 'text')}) == 0


def test_it_says_which_memories_it_reads():
    assert PrototypeLoss([('text', 'a'), ('image', 'b')]).memories == ('a', 'b')


def test_features_of_another_size_are_refused_with_both_sizes(unit):
    with pytest.raises(ValueError, match='features of size 8 meet prototypes of size 6.*_neck'):
        prototype_contrast(unit(0), unit(9, 2, dim=6), LABELS, 0.05)


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        (dict(pairs=[]), "pairs is empty.*'image', 'image'"),
        (dict(pairs=[('image', 'image')], temperature=0), 'temperature must be positive, not 0'),
        (dict(pairs=[('image', 'image')], start_epoch=-1), 'start_epoch'),
    ],
)
def test_settings_out_of_range(settings, message):
    with pytest.raises(ValueError, match=message):
        PrototypeLoss(**settings)
