import os
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from cpcl_mm.registry import DATASETS
from cpcl_mm.search import find_images
from cpcl_mm.search.images import to_item, version_of


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


def names(images):
    return [Path(path).name for path in find_images(images).images]


def test_a_folder_is_searched_to_the_bottom_in_the_order_of_names(crops):
    (crops / 'notes.txt').write_text('no image')
    (crops / '._red.png').write_text('left behind by a file manager')
    assert names(crops) == ['blue.png', 'green.png', 'red.png']
    assert names(str(crops)) == names([crops]) == names(crops)


def test_names_are_absolute_whatever_the_current_folder(crops, monkeypatch):
    monkeypatch.chdir(crops)
    assert find_images('red.png').images == [str(crops / 'red.png')]


def test_an_image_counts_once_however_often_it_is_given(crops):
    assert names([crops / 'red.png', crops, f'{crops}/below/../red.png']) == [
        'red.png',
        'blue.png',
        'green.png',
    ]


@pytest.mark.parametrize('build', [dict, DATASETS.build])
def test_a_data_set_gives_each_image_once(pedes_root, build):
    config = dict(
        type='ImageCaptionDataset',
        data_root=str(pedes_root),
        ann_file='data_captions.json',
        split='test',
    )
    assert names(build(config)) == [
        f'{identity:04d}_{n}.png' for identity in (9, 10, 11) for n in (0, 1)
    ]


def test_a_data_set_of_mmpretrain(crops):
    config = dict(type='mmpretrain.CustomDataset', data_root=str(crops), with_label=False)
    assert sorted(names(config)) == ['blue.png', 'green.png', 'red.png']


def test_an_empty_folder_says_what_counts_as_an_image(tmp_path):
    with pytest.raises(ValueError, match=rf'no image in {tmp_path} .*\.jpg'):
        find_images(tmp_path)


def test_an_empty_list(tmp_path):
    with pytest.raises(ValueError, match='list is empty'):
        find_images([])


def test_something_else_is_named():
    with pytest.raises(TypeError, match=r'^3 is a int: give paths'):
        find_images(['a.jpg', 3])


def test_the_version_of_a_file_changes_with_it(crops):
    path = str(crops / 'red.png')
    before = version_of(path)
    assert version_of(path) == before
    os.utime(path, ns=(0, 1))
    assert version_of(path) != before


def test_a_file_that_is_gone_has_no_version(tmp_path):
    with pytest.raises(ValueError, match='does not exist'):
        version_of(str(tmp_path / 'gone.jpg'))


def test_what_a_folder_holds_besides_is_told(crops, tmp_path):
    (crops / 'notes.txt').touch()
    (crops / 'below' / 'again').symlink_to(crops)
    assert find_images([crops, tmp_path]).passed_over == {
        str(crops / 'notes.txt'): 'suffix .txt',
        str(crops / 'below' / 'again'): 'link to a folder that counts already',
    }
    assert find_images(crops / 'red.png').passed_over == {}


def test_a_name_that_no_table_could_show_is_refused(crops):
    path = os.fsdecode(os.fsencode(crops) + b'/caf\xe9.png')
    (crops / 'red.png').rename(path)
    with pytest.raises(ValueError, match='has a name that is not UTF-8: rename the file'):
        version_of(path)
