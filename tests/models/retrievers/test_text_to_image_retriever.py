import pytest
import torch
from mmpretrain.structures import DataSample

from cpcl_mm.models import BatchLoss, TextToImageRetriever

HEAD = dict(
    type='MatchingHead', losses=dict(itc=dict(type='InstanceLoss', loss=dict(type='ITCLoss')))
)


class TokenLoss(BatchLoss):
    """Keeps its batch; pulls patches to the caption and words to the image."""

    tokens = ('image', 'text')

    def forward(self, batch, memories):
        self.batch = batch
        patches, words = (batch.features[f'{name}_tokens'].mean(1) for name in self.tokens)
        image, text = batch.features['image'], batch.features['text']
        return (patches - text).square().mean() + (words - image).square().mean()


class PatchLoss(TokenLoss):
    tokens = ('image',)


@pytest.fixture
def build(architecture):
    """A function: a retriever of two small towers, seeded, with these settings."""
    config = architecture('vit')

    def build(tower=None, **settings):
        torch.manual_seed(0)
        tower = dict(architecture=config, **(tower or {}))
        return TextToImageRetriever(
            **{
                'image_backbone': dict(type='CLIPImageTower', image_size=(32, 16), **tower),
                'text_backbone': dict(type='CLIPTextTower', **tower),
                **settings,
            }
        ).eval()

    return build


@pytest.fixture
def retriever(build):
    return build(head=HEAD)


@pytest.fixture
def with_tokens(build):
    """A function: a retriever whose loss reads tokens, with these settings of its towers."""
    head = dict(type='MatchingHead', losses=dict(tokens=dict(type=TokenLoss)))
    return lambda **tower: build(tower, head=head)


IMAGES = torch.rand(2, 3, 32, 16, generator=torch.Generator().manual_seed(0))
CAPTIONS = torch.arange(48).view(3, 16)


def sample(number):
    return DataSample(metainfo=dict(caption_index=number, image_index=number))


def item(modality):
    return DataSample(metainfo=dict(modality=modality))


def test_tensor_mode_returns_normalized_features_of_what_is_there(retriever):
    features = retriever({'image': IMAGES, 'text': CAPTIONS}, mode='tensor')
    assert features['image'].shape == (2, 24)
    assert features['text'].shape == (3, 24)
    assert torch.allclose(features['image'].norm(dim=1), torch.ones(2))
    assert retriever({'text': CAPTIONS}).keys() == {'text'}


def test_loss_mode_returns_the_losses_of_the_head(retriever):
    inputs = {'image': IMAGES, 'text': CAPTIONS[:2]}
    losses = retriever(inputs, [sample(0), sample(1)], mode='loss')
    assert losses['loss_itc'].requires_grad


def test_masked_captions_go_to_the_head_beside_the_whole_ones(retriever, monkeypatch):
    seen = {}
    monkeypatch.setattr(retriever.head, 'loss', lambda features, samples: seen.update(features))
    inputs = {'image': IMAGES, 'text': CAPTIONS[:2], 'masked_text': CAPTIONS[1:]}
    retriever(inputs, [], mode='loss')
    assert torch.equal(seen['text'], retriever({'text': CAPTIONS[:2]})['text'])
    assert torch.equal(seen['masked_text'], retriever({'text': CAPTIONS[1:]})['text'])


def test_losses_are_computed_in_full_precision_under_mixed_precision(retriever, monkeypatch):
    seen = {}
    monkeypatch.setattr(
        retriever.head.losses['itc'].loss,
        'forward',
        lambda image, text, matches: seen.update(dots=image @ text.T) or image.sum(),
    )
    with torch.autocast('cpu', torch.bfloat16):
        assert retriever.image_backbone(IMAGES)[0].dtype == torch.bfloat16
        inputs = {'image': IMAGES, 'text': CAPTIONS[:2]}
        retriever(inputs, [sample(0), sample(1)], mode='loss')
    assert seen['dots'].dtype == torch.float32


def test_predict_gives_every_item_its_own_feature_also_in_a_mixed_batch(retriever):
    inputs = {'image': IMAGES, 'text': CAPTIONS[:1]}
    expected = retriever(inputs)
    items = [item('image'), item('text'), item('image')]
    first, caption, second = retriever(inputs, items, mode='predict')
    assert torch.equal(first.feature, expected['image'][0])
    assert torch.equal(second.feature, expected['image'][1])
    assert torch.equal(caption.feature, expected['text'][0])


def test_predict_without_samples_makes_them_images_first(retriever):
    results = retriever({'text': CAPTIONS, 'image': IMAGES}, mode='predict')
    assert [result.modality for result in results] == ['image'] * 2 + ['text'] * 3


def test_predict_refuses_pairs(retriever):
    with pytest.raises(ValueError, match='2 samples for 2 images and 2 captions'):
        retriever({'image': IMAGES, 'text': CAPTIONS[:2]}, [item('pair')] * 2, mode='predict')


def test_predict_refuses_items_of_other_modalities_than_the_inputs(retriever):
    inputs = {'image': IMAGES, 'text': CAPTIONS[:1]}
    with pytest.raises(ValueError, match='3 samples for 2 images and 1 captions'):
        retriever(inputs, [item('image'), item('text'), item('text')], mode='predict')


def test_an_unknown_mode_is_refused(retriever):
    with pytest.raises(ValueError, match="'train'"):
        retriever({'image': IMAGES}, mode='train')


def test_a_backbone_and_a_neck_of_mmpretrain_can_be_the_image_tower(architecture):
    retriever = TextToImageRetriever(
        image_backbone=dict(type='ResNet', depth=18),
        image_neck=dict(type='GlobalAveragePooling'),
        text_backbone=dict(type='CLIPTextTower', architecture=architecture('vit')),
    ).eval()
    assert retriever({'image': IMAGES})['image'].shape == (2, 512)


def test_clip_towers_of_different_widths_are_refused_when_built(architecture):
    with pytest.raises(ValueError, match='image features have 64 .*caption features 24, .*Line'):
        TextToImageRetriever(
            image_backbone=dict(type='CLIPImageTower', architecture=architecture('eva')),
            text_backbone=dict(type='CLIPTextTower', architecture=architecture('vit')),
        )


def test_other_widths_are_refused_at_the_first_batch_and_a_neck_is_the_way_out(architecture):
    def retriever(neck):
        return TextToImageRetriever(
            image_backbone=dict(type='ResNet', depth=18),
            image_neck=neck,
            text_backbone=dict(type='CLIPTextTower', architecture=architecture('vit')),
        ).eval()

    inputs = {'image': IMAGES, 'text': CAPTIONS}
    with pytest.raises(ValueError, match='image features have 512 .* caption features 24, '):
        retriever(dict(type='GlobalAveragePooling'))(inputs)
    neck = dict(type='LinearNeck', in_channels=512, out_channels=24, gap_dim=2, norm_cfg=None)
    assert retriever(neck)(inputs)['image'].shape == (2, 24)


def test_a_model_without_a_head_encodes_and_cannot_be_trained(build, retriever):
    model, inputs = build(), {'image': IMAGES, 'text': CAPTIONS[:2]}
    features, expected = model(inputs), retriever(inputs)
    assert torch.equal(features['image'], expected['image'])
    assert len(model(inputs, [item('image')] * 2 + [item('text')] * 2, mode='predict')) == 4
    with pytest.raises(ValueError, match='this model has no head, so it only encodes'):
        model(inputs, [sample(0), sample(1)], mode='loss')


def test_further_inputs_are_encoded_by_the_tower_that_a_config_names(build):
    seen = {}
    model = build(head=HEAD, encoders=dict(augmented_image='image'))
    model.head.loss = lambda features, samples: seen.update(features)
    inputs = {'image': IMAGES, 'text': CAPTIONS[:2], 'augmented_image': IMAGES.flip(0)}
    model({**inputs, 'masked_text': CAPTIONS[1:]}, [], mode='loss')
    assert torch.equal(seen['augmented_image'], model({'image': IMAGES.flip(0)})['image'])
    assert torch.equal(seen['masked_text'], model({'text': CAPTIONS[1:]})['text'])


def test_what_no_tower_encodes_goes_to_the_losses_as_it_is(with_tokens):
    model, labels = with_tokens(), torch.tensor([[-1, 7], [3, -1]])
    inputs = {'image': IMAGES, 'text': CAPTIONS[:2], 'masked_labels': labels}
    model(inputs, [sample(0), sample(1)], mode='loss')
    assert torch.equal(model.head.losses['tokens'].batch.features['masked_labels'], labels)


def test_a_loss_that_asks_for_tokens_gets_them_beside_the_same_features(with_tokens):
    model, inputs = with_tokens(), {'image': IMAGES, 'text': CAPTIONS[:2]}
    model(inputs, [sample(0), sample(1)], mode='loss')
    seen = model.head.losses['tokens'].batch.features
    assert seen['image_tokens'].shape == (2, 2, 24)
    assert seen['text_tokens'].shape == (2, 16, 24)
    assert torch.equal(seen['image_tokens'], model.image_backbone.forward_tokens(IMAGES)[1])
    features = model(inputs)
    assert features.keys() == {'image', 'text'}
    for name, feature in features.items():
        assert torch.equal(seen[name], feature)


def test_tokens_are_made_of_the_inputs_that_are_asked_for_alone(build):
    head = dict(type='MatchingHead', losses=dict(tokens=dict(type=PatchLoss), **HEAD['losses']))
    model = build(head=head)
    assert model.head.tokens == {'image'}
    model.text_backbone.forward_tokens = None
    seen = {}
    model.head.loss = lambda features, samples: seen.update(features)
    model({'image': IMAGES, 'text': CAPTIONS[:2]}, [], mode='loss')
    assert seen.keys() == {'image', 'image_tokens', 'text'}


def test_tokens_are_in_full_precision_under_mixed_precision(with_tokens):
    model, inputs = with_tokens(), {'image': IMAGES, 'text': CAPTIONS[:2]}
    with torch.autocast('cpu', torch.bfloat16):
        model(inputs, [sample(0), sample(1)], mode='loss')
    seen = model.head.losses['tokens'].batch.features
    assert seen['image_tokens'].dtype == seen['text_tokens'].dtype == torch.float32


def test_tokens_train_the_towers_also_with_checkpointing_behind_a_frozen_stem(with_tokens):
    def gradients(model):
        model.train()
        inputs = {'image': IMAGES, 'text': CAPTIONS[:2]}
        model(inputs, [sample(0), sample(1)], mode='loss')['loss_tokens'].backward()
        return {name: p.grad for name, p in model.named_parameters() if p.requires_grad}

    plain = gradients(with_tokens())
    assert [name for name, gradient in plain.items() if gradient is None] == []
    checkpointed = gradients(with_tokens(with_cp=True, frozen_stages=0))
    assert 0 < len(checkpointed) < len(plain)
    for name, gradient in checkpointed.items():
        torch.testing.assert_close(gradient, plain[name], atol=1e-5, rtol=1e-4)


def test_a_tower_that_gives_no_tokens_is_refused_when_built(build):
    head = dict(type='MatchingHead', losses=dict(tokens=dict(type=PatchLoss)))
    settings = dict(
        image_backbone=dict(type='ResNet', depth=18),
        image_neck=dict(type='LinearNeck', in_channels=512, out_channels=24, gap_dim=2),
    )
    with pytest.raises(ValueError, match="a loss reads tokens of 'image', and ResNet gives none"):
        build(head=head, **settings)
    assert build(head=HEAD, **settings).head.tokens == frozenset()
