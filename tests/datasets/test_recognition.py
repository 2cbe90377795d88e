"""An annotation file shows by its keys and paths which data set it is of."""

from pathlib import Path

import pytest

from cpcl_mm.datasets.recognition import recognize, require_data_set, type_of
from cpcl_mm.registry import DATASETS

FILE = Path('data/x.json')


def items(key: str, *paths: str) -> list[dict]:
    return [{key: path, 'captions': ['a man'], 'split': 'train'} for path in paths]


@pytest.mark.parametrize(
    ('key', 'path', 'name'),
    [
        ('file_path', 'CUHK01/0363004.png', 'CUHK-PEDES'),
        ('file_path', 'train_query/p11600_s14885.jpg', 'CUHK-PEDES'),
        ('file_path', 'test/0627/0627_010_05_0303afternoon_1591_0.jpg', 'ICFG-PEDES'),
        ('img_path', '0000_c14_0013.jpg', 'RSTPReid'),
        ('img_path', 'train/0000_0.jpg', 'SyntheticPedes'),
        # Below another folder, it is still the same data set.
        ('file_path', 'imgs/Market/0001_c1s1_001051_00.jpg', 'CUHK-PEDES'),
        ('img_path', 'crops/a.jpg', None),
        ('file_path', '0000_c14_0013.jpg', None),
        ('img_path', 'CUHK01/0363004.png', None),
    ],
)
def test_keys_and_paths_tell_the_data_set(key, path, name):
    assert recognize(items(key, path)) == name


def test_what_the_tests_write_is_recognized(write_public_dataset, tmp_path, read_records):
    for name in ('CUHK-PEDES', 'ICFG-PEDES', 'RSTPReid'):
        assert recognize(read_records(write_public_dataset(name, tmp_path / name))) == name


def test_most_records_decide():
    rstp, other = items('img_path', '0_c1_0.jpg'), items('img_path', 'a.jpg')
    assert recognize([*rstp, *rstp, *other]) == 'RSTPReid'
    assert recognize([*rstp, *other]) is None
    assert recognize(['no record', 3, {'img_path': 5}, None]) is None


def test_the_expected_and_the_unknown_are_let_through():
    require_data_set(items('img_path', '0_c1_0.jpg'), 'RSTPReid', FILE)
    require_data_set(items('img_path', 'a.jpg'), 'CUHK-PEDES', FILE)


def test_another_data_set_is_named_with_what_loads_it():
    with pytest.raises(ValueError) as error:
        require_data_set(items('file_path', 'test/1/2.jpg'), 'CUHK-PEDES', FILE)
    assert str(error.value) == (
        f"{FILE} looks like the annotation file of ICFG-PEDES (key 'file_path', paths such as "
        "'test/1/2.jpg'), and CUHK-PEDES is to be loaded. Set type='ICFGPEDES', or set data_root "
        'and ann_file to where CUHK-PEDES lies.'
    )


@pytest.mark.parametrize('name', ['CUHK-PEDES', 'ICFG-PEDES', 'RSTPReid', 'SyntheticPedes'])
def test_the_types_are_registered(name):
    assert DATASETS.get(type_of(name)) is not None
