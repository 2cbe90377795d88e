import os
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from cpcl_mm.registry import DATASETS
from cpcl_mm.search import find_images


def names(images):
    return [Path(source.name).name for source in find_images(images).sources]


def test_a_folder_is_searched_to_the_bottom_in_the_order_of_names(crops):
    (crops / 'notes.txt').write_text('no image')
    (crops / '._red.png').write_text('left behind by a file manager')
    assert names(crops) == ['blue.png', 'green.png', 'red.png']
    assert names(str(crops)) == names([crops]) == names(crops)


def test_names_are_absolute_whatever_the_current_folder(crops, monkeypatch):
    monkeypatch.chdir(crops)
    assert [source.name for source in find_images('red.png').sources] == [str(crops / 'red.png')]


def test_an_image_counts_once_however_often_it_is_given(crops):
    assert names([crops / 'red.png', crops, f'{crops}/below/../red.png']) == [
        'red.png',
        'blue.png',
        'green.png',
    ]


def test_arrays_have_numbers_or_names_of_their_own():
    array = np.zeros((4, 2, 3), dtype=np.uint8)
    assert names([array, PIL.Image.new('RGB', (2, 4))]) == ['image 0', 'image 1']
    assert names({'gate': array}) == ['gate']


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
    with pytest.raises(TypeError, match='image 1 is a int'):
        find_images(['a.jpg', 3])


def test_the_version_of_a_file_changes_with_it(crops):
    (source,) = find_images(crops / 'red.png').sources
    before = source.version()
    assert source.version() == before
    os.utime(crops / 'red.png', ns=(0, 1))
    assert source.version() != before


def test_the_version_of_an_array_is_its_content():
    array = np.zeros((4, 2, 3), dtype=np.uint8)
    versions = [find_images([a]).sources[0].version() for a in (array, array.copy(), array + 1)]
    assert versions[0] == versions[1] != versions[2]
    assert find_images([array.reshape(2, 4, 3)]).sources[0].version() != versions[0]


def test_a_file_that_is_gone_has_no_version(tmp_path):
    (source,) = find_images([tmp_path / 'gone.jpg']).sources
    with pytest.raises(ValueError, match='does not exist'):
        source.version()


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
    (source,) = find_images(path).sources
    with pytest.raises(ValueError, match='has a name that is not UTF-8: rename the file'):
        source.version()
