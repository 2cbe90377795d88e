"""What other tools call the splits."""

import pytest

from cpcl_mm.datasets.split_names import common_name, common_names


@pytest.mark.parametrize(
    ('names', 'expected'),
    [
        (['training', 'validation', 'testing'], ['train', 'val', 'test']),
        (['TRAIN', 'Dev', ' Test '], ['train', 'val', 'test']),
        (['train', 'Train'], ['train', 'train']),
        (['test', 'testing', 'Train'], ['test', 'testing', 'train']),
        (['gallery', 'Fold 1'], ['gallery', 'Fold 1']),
    ],
    ids=['whole words', 'other letters', 'mixed letters', 'two test splits', 'unknown'],
)
def test_names_of_a_file(names, expected):
    assert [common_names(names)[name] for name in names] == expected


def test_one_name_alone():
    assert common_name('Validation') == 'val'
    assert common_name('gallery') == 'gallery'
