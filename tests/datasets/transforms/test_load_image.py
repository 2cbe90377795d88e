"""Images come as mmcv's transforms take them; an error names the file and the item."""

import cv2
import numpy as np
import pytest

from cpcl_mm.datasets.transforms import LoadImage


def item(path):
    return {'img_path': str(path), 'image_index': 3, 'sample_idx': 8}


def test_the_image_comes_as_bgr_with_its_shape(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (6, 4, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / 'a.png'), image)
    loaded = LoadImage()(item(tmp_path / 'a.png'))
    np.testing.assert_array_equal(loaded['img'], image)
    assert loaded['img'].dtype == np.uint8
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
