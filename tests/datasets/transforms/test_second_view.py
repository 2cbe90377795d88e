"""A second view of an image, beside the first."""

import numpy as np

from cpcl_mm.registry import TRANSFORMS

IMAGE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


def test_the_copy_is_transformed_and_the_image_stays():
    flip = dict(type='RandomFlip', prob=1.0)
    item = {'img': IMAGE.copy(), 'img_shape': (2, 3), 'caption': 'a man'}
    made = TRANSFORMS.build(dict(type='SecondView', transforms=[flip], key='mirror'))(item)
    assert np.array_equal(made['mirror'], IMAGE[:, ::-1])
    assert np.array_equal(made['img'], IMAGE)
    assert made.keys() == {*item, 'mirror'}


def test_a_transform_that_writes_in_place_changes_the_copy_alone():
    def blacken(item):
        item['img'][:] = 0
        return item

    made = TRANSFORMS.build(dict(type='SecondView', transforms=[blacken]))({'img': IMAGE.copy()})
    assert np.array_equal(made['img'], IMAGE)
    assert not made['augmented_img'].any()
