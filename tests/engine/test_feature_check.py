import pytest
import torch

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.engine.feature_check import check_features


@pytest.fixture
def dataset(pedes_root):
    """12 images with two captions each."""
    return ImageCaptionDataset('data_captions.json', str(pedes_root), view='images')


def features(bad, value):
    result = torch.ones(12, 4)
    result[bad, 1:] = value
    result[bad, 0] = 0
    return result


def test_sound_features_pass(dataset):
    check_features(torch.eye(12), dataset)


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_images_are_named_by_path_and_counted(dataset, value):
    with pytest.raises(ValueError, match='2 of the 12 features of images are not finite') as error:
        check_features(features([3, 7], value), dataset)
    assert dataset.images[3].path in str(error.value)
    assert dataset.images[7].path in str(error.value)
    assert 'lower the learning rate' in str(error.value)


def test_captions_are_named_by_their_text_and_image(dataset):
    zero = torch.ones(24, 4)
    zero[5] = 0
    with pytest.raises(ValueError, match='1 of the 24 features of captions are all zero') as error:
        check_features(zero, dataset.with_view('captions'))
    caption, image = dataset.captions[5]
    assert repr(caption) in str(error.value)
    assert dataset.images[image].path in str(error.value)


def test_of_many_only_the_first_are_named(dataset):
    with pytest.raises(ValueError, match=r'12 of the 12 .*, \.\.\.; ') as error:
        check_features(features(range(12), 0), dataset)
    assert str(error.value).count('.png') == 3
