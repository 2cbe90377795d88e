"""Some images get the captions of others, by seed or file, and the share is known."""

import numpy as np
import pytest

from cpcl_mm.datasets import ImageCaptionDataset, ImageRecord
from cpcl_mm.datasets.noisy_pairs import add_noisy_pairs


@pytest.fixture
def images():
    """A hundred images of two captions each."""
    return [ImageRecord(f'{n}.jpg', (f'{n}a', f'{n}b'), n, n) for n in range(100)]


def captions(images):
    return [caption for image in images for caption in image.captions]


@pytest.mark.parametrize('share', [0.0, 0.2, 0.5, 1.0])
def test_a_share_of_the_captions_is_shuffled_and_none_is_lost(images, share):
    noisy, found = add_noisy_pairs(images, share)
    moved = sum(a != b for a, b in zip(captions(images), captions(noisy), strict=True))
    assert found == moved / 200
    assert share - 0.05 <= found <= share
    assert sorted(captions(noisy)) == sorted(captions(images))
    assert [(image.path, image.identity) for image in noisy] == [
        (image.path, image.identity) for image in images
    ]


def test_the_seed_decides(images):
    first, again, other = (add_noisy_pairs(images, 0.5, seed)[0] for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_an_index_file_says_which_pair_the_caption_is_of(images, tmp_path):
    order = np.arange(200)
    order[[0, 7]] = order[[7, 0]]
    np.save(tmp_path / 'noise.npy', order)
    noisy, share = add_noisy_pairs(images, index_file=str(tmp_path / 'noise.npy'))
    assert (noisy[0].captions, noisy[3].captions) == (('3b', '0b'), ('3a', '0a'))
    assert share == 0.01


@pytest.mark.parametrize(
    ('index', 'message'),
    [
        (np.arange(199), 'has 199 numbers, but train has 200 pairs'),
        (np.full(200, 200), 'numbers from 200 to 200, expected 0 to 199'),
        (np.zeros(200), 'holds no list of whole numbers'),
        (np.array([{}] * 200), r'is no \.npy file'),
    ],
    ids=['length', 'range', 'floats', 'objects'],
)
def test_an_index_file_that_does_not_fit_is_refused(images, tmp_path, index, message):
    np.save(tmp_path / 'noise.npy', index)
    with pytest.raises(ValueError, match=message):
        add_noisy_pairs(images, index_file=str(tmp_path / 'noise.npy'), name='train')


def test_a_missing_index_file_and_a_wrong_share_are_named(images):
    with pytest.raises(FileNotFoundError, match=r'there is no index_file none\.npy'):
        add_noisy_pairs(images, index_file='none.npy')
    with pytest.raises(ValueError, match=r'share=20, expected a number from 0 to 1'):
        add_noisy_pairs(images, 20)


def test_it_is_a_setting_of_any_data_set(pedes_root, logged):
    def build(**settings):
        return ImageCaptionDataset('data_captions.json', str(pedes_root), **settings)

    noisy = build(noisy_pairs=dict(share=0.5, seed=3))
    assert 0.3 < noisy.noisy_share <= 0.5
    assert noisy.metainfo['noisy_share'] == noisy.noisy_share
    assert f'{round(24 * noisy.noisy_share)} of 24 pairs have the caption of another' in logged[-1]
    moved = [a != b for a, b in zip(noisy.captions, build().captions, strict=True)]
    assert np.mean(moved) == noisy.noisy_share
    assert noisy.with_view('captions').captions == noisy.captions
    assert (noisy.image_of_caption == build().image_of_caption).all()
    with pytest.raises(ValueError, match='noisy_pairs is for training'):
        noisy.with_view('retrieval')
