import pytest
import torch

from cpcl_mm.models import ImageTextPreprocessor


def preprocessor(**kwargs):
    return ImageTextPreprocessor(mean=[0.0, 100.0, 200.0], std=[1.0, 2.0, 4.0], **kwargs)


def data(images, texts):
    return {'inputs': {'image': images, 'text': texts}, 'data_samples': [None] * len(images)}


def test_images_are_stacked_turned_to_rgb_and_normalized():
    bgr = torch.tensor([204, 104, 7], dtype=torch.uint8).view(3, 1, 1).expand(3, 4, 2)
    batch = preprocessor()(data([bgr, bgr], [None, None]))['inputs']['image']
    assert batch.shape == (2, 3, 4, 2)
    assert batch[0, :, 0, 0].tolist() == [7.0, 2.0, 1.0]


def test_images_may_be_rgb_already():
    rgb = torch.tensor([1, 102, 204], dtype=torch.uint8).view(3, 1, 1)
    batch = preprocessor(to_rgb=False)(data([rgb], [None]))['inputs']['image']
    assert batch.flatten().tolist() == [1.0, 1.0, 1.0]


def test_items_without_an_image_or_without_a_caption_may_share_a_batch():
    image, text = torch.zeros(3, 4, 2, dtype=torch.uint8), torch.tensor([1, 2, 0])
    inputs = preprocessor()(data([image, None, None], [None, text, text]))['inputs']
    assert inputs['image'].shape == (1, 3, 4, 2)
    assert inputs['text'].tolist() == [[1, 2, 0], [1, 2, 0]]


def test_a_batch_of_one_modality_has_no_key_for_the_other():
    image = torch.zeros(3, 4, 2, dtype=torch.uint8)
    assert preprocessor()(data([image], [None]))['inputs'].keys() == {'image'}


def test_masked_captions_are_stacked_where_there_are_any():
    text, masked = torch.tensor([1, 2, 0]), torch.tensor([1, 9, 0])
    packed = data([None, None], [text, text])
    packed['inputs']['masked_text'] = [masked, masked]
    inputs = preprocessor()(packed)['inputs']
    assert inputs['masked_text'].tolist() == [[1, 9, 0], [1, 9, 0]]
    assert inputs['text'].tolist() == [[1, 2, 0], [1, 2, 0]]
    packed['inputs']['masked_text'] = [None, None]
    assert preprocessor()(packed)['inputs'].keys() == {'text'}


def test_whatever_tensors_there_are_get_stacked_and_every_image_is_normalized():
    image = torch.full((3, 4, 2), 100, dtype=torch.uint8)
    inputs = {
        'image': [image, image],
        'augmented_image': [image, image + 100],
        'masked_labels': [torch.tensor([-1, 5]), torch.tensor([3, -1])],
        'age': [torch.tensor(30), torch.tensor(41)],
        'map': [torch.ones(3, 4, 2), torch.zeros(3, 4, 2)],
    }
    stacked = preprocessor()({'inputs': inputs, 'data_samples': [None] * 2})['inputs']
    assert stacked['augmented_image'][1, :, 0, 0].tolist() == [200.0, 50.0, 0.0]
    assert torch.equal(stacked['augmented_image'][0], stacked['image'][0])
    assert stacked['masked_labels'].tolist() == [[-1, 5], [3, -1]]
    assert stacked['age'].tolist() == [30, 41]
    # Three channels of numbers are no image.
    assert stacked['map'].mean().item() == 0.5


def test_images_of_different_size_are_refused_with_the_remedy():
    images = [torch.zeros(3, 4, 2, dtype=torch.uint8), torch.zeros(3, 5, 2, dtype=torch.uint8)]
    with pytest.raises(ValueError, match='Resize'):
        preprocessor()(data(images, [None, None]))


def test_mean_and_std_can_be_those_of_a_clip_model():
    siglip = ImageTextPreprocessor(architecture='ViT-B-16-SigLIP', pretrained='webli')
    image = torch.tensor([255, 127, 0], dtype=torch.uint8).view(3, 1, 1)
    blue, green, red = 1.0, -0.5 / 127.5, -1.0
    batch = siglip(data([image], [None]))['inputs']['image']
    assert batch.flatten().tolist() == pytest.approx([red, green, blue])


@pytest.mark.parametrize(
    'settings',
    [
        dict(),
        dict(mean=[0.0, 0.0, 0.0]),
        dict(architecture='RN50', std=[1.0, 1.0, 1.0]),
        dict(architecture='RN50', mean=[0.0, 0.0, 0.0], std=[1.0, 1.0, 1.0]),
    ],
)
def test_mean_and_std_come_from_one_place(settings):
    with pytest.raises(ValueError, match='takes mean and std, or else the architecture'):
        ImageTextPreprocessor(**settings)
