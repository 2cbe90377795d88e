import pytest
import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample

from cpcl_mm.models import InstanceMatchingHead


def samples(*image_indices):
    return [DataSample(metainfo=dict(image_index=index)) for index in image_indices]


def features(seed):
    return F.normalize(torch.randn(3, 8, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_losses_are_named_and_weighted():
    losses = {'itc': dict(type='ITCLoss'), 'sdm': dict(type='SDMLoss')}
    plain = InstanceMatchingHead(losses).loss(features(0), features(1), samples(0, 1, 2))
    weighted = InstanceMatchingHead(losses, weights={'sdm': 0.5}).loss(
        features(0), features(1), samples(0, 1, 2)
    )
    assert plain.keys() == {'loss_itc', 'loss_sdm'}
    assert weighted['loss_itc'] == plain['loss_itc']
    assert weighted['loss_sdm'] == plain['loss_sdm'] / 2


def test_two_captions_of_one_image_match_both():
    head = InstanceMatchingHead({'sdm': dict(type='SDMLoss', temperature=0.5)})
    apart = head.loss(features(0), features(0), samples(0, 1, 2))
    same = head.loss(features(0), features(0), samples(0, 0, 2))
    assert not torch.isclose(apart['loss_sdm'], same['loss_sdm'])


def test_masked_captions_take_the_place_of_whole_ones():
    head = InstanceMatchingHead()
    masked = head.loss(features(0), features(1), samples(0, 1, 2), masked_text=features(2))
    assert masked == head.loss(features(0), features(2), samples(0, 1, 2))
    assert masked != head.loss(features(0), features(1), samples(0, 1, 2))


def test_the_default_is_plain_contrast():
    assert InstanceMatchingHead().losses.keys() == {'itc'}


def test_a_weight_without_a_loss_is_refused():
    with pytest.raises(ValueError, match=r"\['scm'\].*\['itc'\]"):
        InstanceMatchingHead(weights={'scm': 1.0})
