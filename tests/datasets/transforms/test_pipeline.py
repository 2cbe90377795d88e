"""The augmentations of the published recipe, from mmcv and mmpretrain, in one pipeline."""

import random

import numpy as np
import pytest
import torch
from PIL import Image

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.datasets.transforms.pipeline import build_pipeline

CLIP_MEAN_BGR = (104, 117, 123)
RECIPE = [
    dict(type='LoadImage'),
    dict(type='Resize', scale=(128, 384)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomCrop', crop_size=(384, 128), padding=10),
    dict(type='RandomErasing', erase_prob=0.5, fill_color=CLIP_MEAN_BGR),
]


@pytest.fixture
def white(tmp_path):
    """A white image, in which padding (black) and erasing (mean color) are seen."""
    Image.new('RGB', (30, 70), (255, 255, 255)).save(tmp_path / 'white.png')
    return str(tmp_path / 'white.png')


def augment(path, seed):
    np.random.seed(seed)
    return build_pipeline(RECIPE)({'img_path': path})['img']


def share(image, color):
    return (image == np.array(color, np.uint8)).all(axis=-1).mean()


def test_images_have_the_size_of_the_recipe(white):
    assert augment(white, 0).shape == (384, 128, 3)


def test_crops_move_within_the_padding_and_half_the_images_are_erased_in_part(white):
    images = [augment(white, seed) for seed in range(100)]
    borders = [share(image, (0, 0, 0)) for image in images]
    erased = [share(image, CLIP_MEAN_BGR) for image in images]
    assert 0 < max(borders) <= 1 - (374 * 118) / (384 * 128)
    assert len(set(borders)) > 50
    assert 30 <= sum(area > 0 for area in erased) <= 70
    assert max(erased) <= 0.45
    for image, border, area in zip(images, borders, erased, strict=True):
        assert share(image, (255, 255, 255)) == pytest.approx(1 - border - area)


def test_half_the_images_are_flipped(tmp_path):
    path = str(tmp_path / 'half.png')
    image = Image.new('RGB', (20, 20))
    image.paste((255, 255, 255), (0, 0, 10, 20))
    image.save(path)
    flip = build_pipeline([dict(type='LoadImage'), dict(type='RandomFlip', prob=0.5)])
    np.random.seed(0)
    flipped = [flip({'img_path': path})['img'][0, 0, 0] == 0 for _ in range(100)]
    assert 30 <= sum(flipped) <= 70


def test_one_seed_gives_one_image(white):
    np.testing.assert_array_equal(augment(white, 3), augment(white, 3))
    assert (augment(white, 3) != augment(white, 4)).any()


def test_transforms_draw_from_numpy_alone(white):
    """What the seed of the epoch has to set for augmentations to repeat."""
    before = (random.getstate(), torch.random.get_rng_state())
    augment(white, 0)
    assert random.getstate() == before[0]
    assert (torch.random.get_rng_state() == before[1]).all()


def test_the_whole_recipe_serves_pairs_images_and_captions(pedes_root, pedes_words):
    pipeline = [
        dict(type='OnImage', transforms=RECIPE),
        dict(type='Tokenize', tokenizer=dict(type='WordTokenizer', words=pedes_words)),
        dict(type='PackImageCaption'),
    ]
    pairs = ImageCaptionDataset('data_captions.json', str(pedes_root), pipeline=pipeline)
    image, text = (pairs[0]['inputs'][key] for key in ('image', 'text'))
    assert image.shape == (3, 384, 128)
    assert image.dtype == torch.uint8
    assert text.shape == (40,)
    assert pairs.with_view('images')[0]['inputs']['text'] is None
    assert pairs.with_view('captions')[0]['inputs']['image'] is None


def test_steps_may_be_callables():
    assert build_pipeline([lambda item: item + 1, lambda item: item * 2])(1) == 4
