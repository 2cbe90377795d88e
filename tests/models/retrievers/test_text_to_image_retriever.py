import pytest
import torch
from mmpretrain.structures import DataSample

from cpcl_mm.models import TextToImageRetriever


@pytest.fixture
def retriever(architecture):
    torch.manual_seed(0)
    config = architecture('vit')
    return TextToImageRetriever(
        image_backbone=dict(type='CLIPImageTower', architecture=config, image_size=(32, 16)),
        text_backbone=dict(type='CLIPTextTower', architecture=config),
        head=dict(type='InstanceMatchingHead'),
    ).eval()


IMAGES = torch.rand(2, 3, 32, 16, generator=torch.Generator().manual_seed(0))
CAPTIONS = torch.arange(48).view(3, 16)


def sample(caption_index, image_index=0):
    return DataSample(metainfo=dict(caption_index=caption_index, image_index=image_index))


def test_tensor_mode_returns_normalised_features_of_what_is_there(retriever):
    features = retriever({'image': IMAGES, 'text': CAPTIONS}, mode='tensor')
    assert features['image'].shape == (2, 24)
    assert features['text'].shape == (3, 24)
    assert torch.allclose(features['image'].norm(dim=1), torch.ones(2))
    assert retriever({'text': CAPTIONS}).keys() == {'text'}


def test_loss_mode_returns_the_losses_of_the_head(retriever):
    inputs = {'image': IMAGES, 'text': CAPTIONS[:2]}
    losses = retriever(inputs, [sample(0, 0), sample(1, 1)], mode='loss')
    assert losses['loss_itc'].requires_grad


def test_masked_captions_go_to_the_head_beside_the_whole_ones(retriever, monkeypatch):
    seen = {}
    monkeypatch.setattr(retriever.head, 'loss', lambda **features: seen.update(features))
    inputs = {'image': IMAGES, 'text': CAPTIONS[:2], 'masked_text': CAPTIONS[1:]}
    retriever(inputs, [], mode='loss')
    assert torch.equal(seen['text'], retriever({'text': CAPTIONS[:2]})['text'])
    assert torch.equal(seen['masked_text'], retriever({'text': CAPTIONS[1:]})['text'])


def test_losses_are_computed_in_full_precision_under_mixed_precision(retriever, monkeypatch):
    seen = {}
    monkeypatch.setattr(
        retriever.head, 'loss', lambda image, text, **_: seen.update(dots=image @ text.T)
    )
    with torch.autocast('cpu', torch.bfloat16):
        retriever({'image': IMAGES, 'text': CAPTIONS[:2]}, [], mode='loss')
    assert seen['dots'].dtype == torch.float32


def test_predict_gives_every_item_its_own_feature_also_in_a_mixed_batch(retriever):
    inputs = {'image': IMAGES, 'text': CAPTIONS[:1]}
    expected = retriever(inputs)
    first, caption, second = retriever(inputs, [sample(-1), sample(4), sample(-1)], mode='predict')
    assert torch.equal(first.feature, expected['image'][0])
    assert torch.equal(second.feature, expected['image'][1])
    assert torch.equal(caption.feature, expected['text'][0])


def test_predict_without_samples_makes_them_images_first(retriever):
    results = retriever({'text': CAPTIONS, 'image': IMAGES}, mode='predict')
    assert [result.caption_index for result in results] == [-1, -1, 0, 0, 0]


def test_predict_refuses_pairs(retriever):
    with pytest.raises(ValueError, match='2 samples for 2 images and 2 captions'):
        retriever({'image': IMAGES, 'text': CAPTIONS[:2]}, [sample(0), sample(1)], mode='predict')


def test_an_unknown_mode_is_refused(retriever):
    with pytest.raises(ValueError, match="'train'"):
        retriever({'image': IMAGES}, mode='train')


def test_a_backbone_and_a_neck_of_mmpretrain_can_be_the_image_tower(architecture):
    retriever = TextToImageRetriever(
        image_backbone=dict(type='ResNet', depth=18),
        image_neck=dict(type='GlobalAveragePooling'),
        text_backbone=dict(type='CLIPTextTower', architecture=architecture('vit')),
        head=dict(type='InstanceMatchingHead'),
    ).eval()
    assert retriever({'image': IMAGES})['image'].shape == (2, 512)


def test_clip_towers_of_different_widths_are_refused_when_built(architecture):
    with pytest.raises(ValueError, match='image features have 64 .*caption features 24, .*Line'):
        TextToImageRetriever(
            image_backbone=dict(type='CLIPImageTower', architecture=architecture('eva')),
            text_backbone=dict(type='CLIPTextTower', architecture=architecture('vit')),
            head=dict(type='InstanceMatchingHead'),
        )


def test_other_widths_are_refused_at_the_first_batch_and_a_neck_is_the_way_out(architecture):
    def retriever(neck):
        return TextToImageRetriever(
            image_backbone=dict(type='ResNet', depth=18),
            image_neck=neck,
            text_backbone=dict(type='CLIPTextTower', architecture=architecture('vit')),
            head=dict(type='InstanceMatchingHead'),
        ).eval()

    inputs = {'image': IMAGES, 'text': CAPTIONS}
    with pytest.raises(ValueError, match='image features have 512 .* caption features 24, '):
        retriever(dict(type='GlobalAveragePooling'))(inputs)
    neck = dict(type='LinearNeck', in_channels=512, out_channels=24, gap_dim=2, norm_cfg=None)
    assert retriever(neck)(inputs)['image'].shape == (2, 24)
