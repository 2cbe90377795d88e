"""Images come as mmcv's transforms take them, and captions alone are left alone."""

import cv2
import numpy as np
import pytest

from cpcl_mm.datasets.transforms import LoadImage, OnImage
from cpcl_mm.registry import TRANSFORMS


def item(path):
    return {'img_path': str(path), 'image_index': 3, 'sample_idx': 8}


def test_the_image_comes_as_bgr_with_its_shape(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (6, 4, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / 'a.png'), image)
    loaded = LoadImage()(item(tmp_path / 'a.png'))
    np.testing.assert_array_equal(loaded['img'], image)
    assert loaded['img'].dtype == np.uint8
    assert loaded['img_shape'] == loaded['ori_shape'] == (6, 4)


def test_an_image_that_is_there_already_is_taken():
    image = np.zeros((6, 4, 3), dtype=np.uint8)
    loaded = LoadImage()({'img_path': '', 'img': image})
    assert loaded['img'] is image
    assert loaded['img_shape'] == loaded['ori_shape'] == (6, 4)


@pytest.mark.parametrize('content', [b'', b'no image', None], ids=['empty', 'text', 'missing'])
def test_an_unreadable_image_is_named(tmp_path, content):
    path = tmp_path / 'a.jpg'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OSError) as error:
        LoadImage()(item(path))
    assert f'cannot load image {path} (image 3 of the split, item 8 of' in str(error.value)
    assert "bad_records='skip'" in str(error.value)


def mark(item):
    return item | {'marks': item.get('marks', 0) + 1}


def test_an_item_with_an_image_goes_through_every_transform():
    item = {'img_path': 'a.jpg', 'caption': 'a man'}
    assert OnImage([mark, mark])(item) == item | {'marks': 2}


def test_a_caption_passes_untouched():
    assert OnImage([mark])({'caption': 'a man'}) == {'caption': 'a man'}


def test_configs_are_built_and_shown(pedes_root):
    steps = [dict(type='LoadImage'), dict(type='Resize', scale=(8, 16))]
    config = dict(type='OnImage', transforms=steps)
    transform = TRANSFORMS.build(config)
    image = next((pedes_root / 'imgs').iterdir())
    assert transform({'img_path': str(image)})['img'].shape == (16, 8, 3)
    assert 'Resize(scale=(8, 16)' in repr(transform)


IMAGE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


def test_the_copy_is_transformed_and_the_image_stays():
    flip = dict(type='RandomFlip', prob=1.0)
    item = {'img': IMAGE.copy(), 'img_shape': (2, 3), 'caption': 'a man'}
    made = TRANSFORMS.build(dict(type='SecondView', transforms=[flip]))(item)
    assert np.array_equal(made['augmented_img'], IMAGE[:, ::-1])
    assert np.array_equal(made['img'], IMAGE)
    assert made.keys() == {*item, 'augmented_img'}


def test_a_transform_that_writes_in_place_changes_the_copy_alone():
    def blacken(item):
        item['img'][:] = 0
        return item

    made = TRANSFORMS.build(dict(type='SecondView', transforms=[blacken]))({'img': IMAGE.copy()})
    assert np.array_equal(made['img'], IMAGE)
    assert not made['augmented_img'].any()
