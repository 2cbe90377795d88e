"""Which values name a person, and which number they get; what other tools call keys and splits."""

import numpy as np
import pytest

from cpcl_mm.datasets.names import (
    RecordKeys,
    common_split,
    common_splits,
    number_names,
    read_identity,
)


@pytest.mark.parametrize(
    ('value', 'identity'),
    [
        *((7, 7), ('7', 7), ('007', 7), (7.0, 7), ('7.00', 7), (' 7 ', 7), (0, 0)),
        *((10**20, str(10**20)), (1e20, str(10**20)), ('000' + '9' * 19, '9' * 19)),
        *((' Ann ', 'Ann'), ('p-7', 'p-7'), ('1.5', '1.5')),
        *((None, -1), (-1, -1), ('-1', -1), (-1.0, -1), ('', -1), (float('nan'), -1), ('N/A', -1)),
    ],
)
def test_numbers_names_and_what_is_unknown(value, identity):
    assert read_identity(value) == identity


def test_every_number_fits_into_the_array_of_a_data_set():
    assert np.array([read_identity('9' * 18)], dtype=np.int64)[0] == 10**18 - 1


@pytest.mark.parametrize('value', [True, -2, '-2', 1.5, float('inf'), [7], {}])
def test_other_values_are_refused(value):
    with pytest.raises(ValueError, match='neither a whole number nor a name|minus sign'):
        read_identity(value)


def test_names_get_numbers_that_no_other_identity_has():
    assert number_names([5, 'b', 'a', -1, 'b']) == {'a': 6, 'b': 7}
    assert number_names([-1, 'a']) == {'a': 0}


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
def test_splits_of_a_file(names, expected):
    assert [common_splits(names)[name] for name in names] == expected


def test_one_split_alone():
    assert common_split('Validation') == 'val'
    assert common_split('gallery') == 'gallery'


def test_a_key_that_is_named_is_the_only_one_and_others_keep_their_usual_names():
    keys = RecordKeys.named(image='picture', captions='sentences')
    assert keys.image == ('picture',)
    assert keys.captions == ('sentences', 'caption')
    assert keys.identity == RecordKeys().identity
