"""Two of twenty captions describe somebody else."""

import numpy as np
import pytest
import torch

from cpcl_mm.models import TALLoss
from cpcl_mm.pseudo_labels import NoisyPairs, Samples
from cpcl_mm.registry import TASK_UTILS

IDENTITIES = dict(type='TrueIdentities')
SWAPPED = [4, 15]
NUMBER = 20
OWN = np.arange(NUMBER)


def embedding(seed, swapped=(), dim=16):
    """Unit features of images and of captions, some of which belong to each other's image."""
    rng = np.random.default_rng(seed)
    image = rng.standard_normal((NUMBER, dim))
    text = image + 0.3 * rng.standard_normal((NUMBER, dim))
    if len(swapped):
        text[list(swapped)] = text[list(swapped)[::-1]]
    return [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (image, text)]


def samples_of(*embeddings, identities=None):
    """Samples whose features are embeddings side by side, divided by the root of their number."""
    both = (np.concatenate(parts, 1) for parts in zip(*embeddings, strict=True))
    features = [(x / len(embeddings) ** 0.5).astype(np.float32) for x in both]
    known = OWN if identities is None else identities
    return Samples(dict(zip(('image', 'text'), features, strict=True)), OWN, known)


@pytest.fixture(autouse=True)
def seeded():
    np.random.seed(0)


def clean(labeller, samples):
    return labeller(samples).confidence['text']


def test_captions_of_somebody_else_get_no_confidence_and_labels_stay():
    labels = NoisyPairs(IDENTITIES)(samples_of(embedding(0, SWAPPED)))
    assert np.flatnonzero(labels.confidence['text'] == 0).tolist() == SWAPPED
    assert set(labels.confidence['text']) == {0, 1}
    assert labels.of['text'].tolist() == list(range(NUMBER))
    assert labels.confidence.keys() == {'text'}


def test_the_losses_are_those_of_the_pairs_in_batches_of_a_random_order():
    samples = samples_of(embedding(0, SWAPPED))
    labeller = NoisyPairs(IDENTITIES, dict(type='TALLoss', margin=0.3), batch_size=8)
    order = np.random.default_rng(1).permutation(NUMBER)
    losses = labeller._losses(labeller.labeller(samples), samples, order)
    for start in (0, 8, 16):
        pairs = order[start : start + 8]
        image, text = (torch.from_numpy(samples.features[m][pairs]) for m in ('image', 'text'))
        expected = TALLoss(0.3).costs(image, text, torch.eye(len(pairs), dtype=torch.bool))
        np.testing.assert_allclose(losses[0, pairs], expected, rtol=1e-5, atol=1e-6)


def test_pairs_of_one_identity_are_no_negatives_of_each_other():
    image, text = embedding(0)
    image[1], text[1] = image[0], text[0]
    known = OWN.copy()
    known[1] = 0
    apart, same = samples_of([image, text]), samples_of([image, text], identities=known)
    labeller = NoisyPairs(IDENTITIES)
    costs = [labeller._losses(labeller.labeller(s), s, OWN) for s in (apart, same)]
    assert (costs[0][0, :2] > costs[1][0, :2]).all()


def test_pairs_of_unknown_identity_are_negatives_of_each_other():
    samples = samples_of(embedding(0))
    unknown = samples_of(embedding(0), identities=np.where(np.arange(NUMBER) < 2, -1, 1 + OWN))
    labeller = NoisyPairs(IDENTITIES)
    costs = [labeller._losses(labeller.labeller(s), s, OWN) for s in (samples, unknown)]
    np.testing.assert_array_equal(costs[0], costs[1])


def test_embeddings_that_agree_decide_and_a_coin_where_they_do_not():
    first, second = embedding(0, SWAPPED), embedding(1, [4, 9])
    samples = samples_of(first, second)
    labeller = NoisyPairs(IDENTITIES, columns=[(0, 16), (16, 32)])
    votes = []
    for seed in range(20):
        np.random.seed(seed)
        votes.append(clean(labeller, samples))
    share = np.mean(votes, 0)
    assert share[4] == 0
    assert 0 < share[9] < 1
    assert 0 < share[15] < 1
    assert (np.delete(share, [4, 9, 15]) == 1).all()


def test_each_embedding_is_judged_at_unit_length():
    image, text = embedding(0, SWAPPED)
    labeller = NoisyPairs(IDENTITIES, columns=[(0, 16)])
    part = samples_of([image, text], embedding(1))
    losses = labeller._losses(labeller.labeller(part), part, OWN)
    alone = samples_of([image, text])
    expected = labeller._losses(labeller.labeller(alone), alone, OWN)
    np.testing.assert_allclose(losses, expected, rtol=1e-4, atol=1e-5)


def test_what_it_draws_depends_on_the_seed_of_the_epoch_and_changes_nothing_after_it():
    samples = samples_of(embedding(0, SWAPPED), embedding(1, [4, 9]))
    labeller = NoisyPairs(IDENTITIES, columns=[(0, 16), (16, 32)])
    before = np.random.get_state()[1].copy()
    one, other = clean(labeller, samples), clean(labeller, samples)
    assert np.array_equal(one, other)
    assert np.array_equal(np.random.get_state()[1], before)


def test_without_any_difference_every_pair_is_clean():
    same = [np.ones((NUMBER, 4)) / 2] * 2
    assert clean(NoisyPairs(IDENTITIES), samples_of(same)).all()


def test_it_takes_the_labels_and_the_needs_of_another_labeller():
    labeller = TASK_UTILS.build(dict(type='NoisyPairs', labeller=dict(type='Instances')))
    assert labeller.needs == {'image', 'text'}
    assert not labeller.needs_identities
    assert NoisyPairs(IDENTITIES).needs_identities
