import numpy as np
import PIL.Image
import pytest

from cpcl_mm.search.images import load_or_take, to_item


@pytest.fixture
def image(tmp_path):
    path = tmp_path / 'person.png'
    PIL.Image.new('RGB', (20, 10), (255, 0, 0)).save(path)
    return path


def test_arrays_are_blue_green_red_and_pillow_images_red_green_blue(image):
    array = np.zeros((10, 20, 3), dtype=np.uint8)
    array[..., 2] = 255
    np.testing.assert_array_equal(to_item(PIL.Image.open(image))['img'], array)
    np.testing.assert_array_equal(to_item(array)['img'], array)


def test_grey_and_transparent_images_become_three_channels():
    assert to_item(np.full((4, 2), 7, dtype=np.uint8))['img'].shape == (4, 2, 3)
    assert to_item(PIL.Image.new('RGBA', (2, 4)))['img'].shape == (4, 2, 3)


def test_a_photograph_taken_sideways_is_turned_whichever_way_it_comes(tmp_path):
    path = tmp_path / 'sideways.jpg'
    sideways = PIL.Image.new('RGB', (20, 10), (255, 0, 0))
    exif = sideways.getexif()
    exif[0x0112] = 6
    sideways.save(path, exif=exif)
    with PIL.Image.open(path) as image:
        from_pillow = to_item(image)['img']
    assert to_item(path)['img'].shape == from_pillow.shape == (20, 10, 3)


@pytest.mark.parametrize(
    ('array', 'says'),
    [
        (np.zeros((4, 2, 3)), r'an array \(4, 2, 3\) of float64'),
        (np.zeros((4, 2, 4), np.uint8), r'an array \(4, 2, 4\) of uint8'),
        (np.zeros((0, 2, 3), np.uint8), r'an array \(0, 2, 3\) of uint8'),
    ],
)
def test_other_arrays_are_refused_with_their_shape_and_type(array, says):
    with pytest.raises(ValueError, match=says):
        to_item(array)


@pytest.mark.parametrize('loader', ['LoadImage', 'mmpretrain.LoadImageFromFile'])
def test_one_pipeline_takes_files_and_arrays(image, loader):
    (on_image,) = load_or_take([dict(type='OnImage', transforms=[dict(type=loader), len])])
    take, other = on_image['transforms']
    assert other is len
    from_file, from_array = take(to_item(image)), take(to_item(PIL.Image.open(image)))
    np.testing.assert_array_equal(from_file['img'], from_array['img'])
    assert from_file['img_shape'] == from_array['img_shape'] == (10, 20)
    assert from_file['ori_shape'] == from_array['ori_shape']


@pytest.mark.parametrize('setting', [dict(color_type='grayscale'), dict(to_float32=True)])
def test_a_loader_of_other_images_is_refused(setting):
    with pytest.raises(ValueError, match='only 8-bit color will do'):
        load_or_take([dict(type='LoadImageFromFile', **setting)])
