"""Faults of the peers' public code, which the heads and pipelines of our configs do not have.

Others are tested where the part is: features for clusters are un-augmented and of unit length
(``engine/test_sample_extraction.py``), and ``models/losses`` says what is a sum and what a mean.
"""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import DefaultScope
from mmpretrain.structures import DataSample

from cpcl_mm.pseudo_labels import Labels, Samples
from cpcl_mm.registry import MODELS, TRANSFORMS

NUMBER, DIM = 8, 1536
CPU = torch.device('cpu')
WITH_LABELS = ['icpg/icpg_cuhk', 'irra/irra_cuhk', 'rde/rde_cuhk']
# Two clusters, and four images that belong to none.
LABELS = np.array([0, 0, 1, 1, -1, -1, -1, -1])
# The same, only that each of the four is alone in a cluster.
ALONE = np.array([0, 0, 1, 1, 2, 3, 4, 5])


def unit(seed, dim=DIM):
    generator = torch.Generator().manual_seed(seed)
    # Near to each other: hard negatives cost something.
    return F.normalize(1 + torch.randn(NUMBER, dim, generator=generator), dim=1)


@pytest.fixture
def make_head(load_config):
    """The head of a config without the losses that need modules, which has these labels."""

    def make(name, labels=LABELS, **known):
        cfg = load_config(name)
        losses = {k: x for k, x in cfg.model.head.losses.items() if x.type != 'MaskedTokenLoss'}
        losses = {k: x for k, x in losses.items() if x.type != 'IdentityLoss'}
        for loss in losses.values():
            loss['start_epoch'] = 0
        with DefaultScope.overwrite_default_scope('cpcl_mm'):
            head = MODELS.build({**cfg.model.head, 'losses': losses})
        features = {m: unit(9).numpy() for m in head.needs}
        samples = Samples(features, np.arange(NUMBER), np.full(NUMBER, -1))
        head.set_labels(Labels({'image': labels, 'text': labels}, **known), samples, CPU)
        return head

    return make


def losses_of(head, order=range(NUMBER)):
    order = list(order)
    pairs = [DataSample(metainfo=dict(image_index=i, caption_index=i)) for i in order]
    features = {'image': unit(0)[order], 'text': unit(1)[order]}
    return head.loss(features, pairs)


@pytest.mark.parametrize('name', WITH_LABELS)
def test_outliers_match_nothing_but_themselves(name, make_head):
    """ICPG's public code has -1 equal -1."""
    one, other = (losses_of(make_head(name, labels)) for labels in (LABELS, ALONE))
    assert one == other
    together = losses_of(make_head(name, np.where(LABELS < 0, 2, LABELS)))
    assert any(not torch.isclose(together[key], one[key]) for key in one)


@pytest.mark.parametrize('name', WITH_LABELS)
def test_labels_and_confidences_follow_their_samples_through_a_shuffled_batch(name, make_head):
    """CLPC's public code takes labels by the position in the batch."""
    trust = np.linspace(0, 1, NUMBER, dtype=np.float32)
    head = make_head(name, confidence={'image': trust, 'text': trust})
    straight, shuffled = losses_of(head), losses_of(head, [5, 0, 3, 7, 1, 6, 2, 4])
    for key, loss in straight.items():
        torch.testing.assert_close(shuffled[key], loss, rtol=1e-4, atol=1e-5)


def test_memories_follow_their_samples_through_a_shuffled_batch(make_head):
    heads = [make_head('dgcmia/dgcmia_cuhk', np.arange(NUMBER)) for _ in range(2)]
    more = {name: unit(seed) for seed, name in enumerate(('augmented_image', 'masked_text'), 2)}
    for head, order in zip(heads, (list(range(NUMBER)), [5, 0, 3, 7, 1, 6, 2, 4]), strict=True):
        pairs = [DataSample(metainfo=dict(image_index=i, caption_index=i)) for i in order]
        features = {'image': unit(0), 'text': unit(1), **more}
        head.loss({name: x[order] for name, x in features.items()}, pairs)
    for one, other in zip(*(head.memories.values() for head in heads), strict=True):
        torch.testing.assert_close(one.prototypes, other.prototypes)
        torch.testing.assert_close(one.prototypes.norm(dim=1), torch.ones(NUMBER))


def test_labels_of_the_noisy_are_weighed_and_all_of_them_stay_negatives(make_head):
    clean = np.array([1, 1, 0, 1, 0, 1, 1, 1], dtype=np.float32)
    trusting, weighing = (
        make_head('rde/rde_cuhk', np.arange(NUMBER), **known)
        for known in ({}, {'confidence': {'text': clean}})
    )
    alike = make_head('rde/rde_cuhk', np.arange(NUMBER), confidence={'text': np.ones_like(clean)})
    one, two, three = map(losses_of, (trusting, weighing, alike))
    assert one == three
    assert all(0 < two[key] < one[key] for key in one)


@pytest.mark.parametrize('name', [*WITH_LABELS, 'dgcmia/dgcmia_cuhk'])
def test_no_caption_is_masked_in_place(name, load_config, tmp_path):
    """RDE's public code masks the caption itself, for all that reads it."""
    cfg = load_config(name)
    with DefaultScope.overwrite_default_scope('cpcl_mm'):
        tokenize, mask, pack = map(TRANSFORMS.build, cfg.train_dataloader.dataset.pipeline[1:])
    item = tokenize({'caption': 'a man in a red coat with a black bag walks along the street'})
    whole = item['text'].clone()
    np.random.seed(0)
    inputs = pack(mask(item))['inputs']
    assert torch.equal(inputs['text'], whole)
    assert not torch.equal(inputs['masked_text'], whole)
    masked = inputs['masked_labels'] >= 0
    assert torch.equal(inputs['masked_labels'][masked], whole[masked])


@pytest.mark.parametrize('name', ['icpg/icpg_icfg', 'irra/irra_cuhk', 'dgcmia/dgcmia_rstp'])
def test_the_checkpoint_is_never_chosen_on_test(name, load_config):
    cfg = load_config(name)
    assert cfg.val_dataloader is None or cfg.val_dataloader.dataset.split == 'val'


@pytest.mark.parametrize('name', [*WITH_LABELS, 'dgcmia/dgcmia_cuhk'])
def test_features_of_the_training_set_are_those_of_the_test_transforms(name, load_config):
    """CLPC's public code clusters features of augmented images."""
    assert 'pipeline' not in load_config(name).default_hooks.pseudo_labels
