"""Which records are sound, and what is said about each one that is not."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpcl_mm.datasets.annotation_file import Annotations
from cpcl_mm.datasets.names import UNKNOWN_IDENTITY, RecordKeys
from cpcl_mm.datasets.records import (
    ImageRecord,
    parse_record,
    parse_records,
    require_keys,
)

ROOT = Path('imgs')
KEYS = RecordKeys()
LEAVES = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    st.sampled_from(['train', 'Testing', 'a.jpg', r'a\b.jpg', r'C:\a', '7', 'x\ud800', 'a man']),
)
VALUES = LEAVES | st.lists(LEAVES, max_size=3)
NAMES = st.sampled_from(['img_path', 'captions', 'caption', 'id', 'split'])


def parse(items, *place, **settings):
    parsed = parse_records(Annotations(iter(items), *place), KEYS, ROOT, **settings)
    return parsed.splits, parsed.problems


def test_a_sound_record(record):
    item = record(id=7, img_path='cam_a/1.jpg', captions=['a man', 'he walks'], split='val')
    split, _, parsed = parse_record(item, 3, KEYS, ROOT)
    assert split == 'val'
    assert parsed == ImageRecord('imgs/cam_a/1.jpg', ('a man', 'he walks'), identity=7, number=3)


def test_a_record_cannot_be_changed(record):
    _, _, parsed = parse_record(record(), 0, KEYS, ROOT)
    with pytest.raises(FrozenInstanceError):
        parsed.identity = 5


def test_an_absolute_image_path_stays(record):
    _, _, parsed = parse_record(record(img_path='/data/a.jpg'), 0, KEYS, ROOT)
    assert parsed.path == '/data/a.jpg'


@pytest.mark.parametrize('unknown', [{}, {'id': None}, {'id': -1}])
def test_the_identity_may_be_unknown(record, unknown):
    item = {key: value for key, value in record().items() if key != 'id'} | unknown
    assert parse_record(item, 0, KEYS, ROOT).image.identity == UNKNOWN_IDENTITY


def test_keys_of_another_schema():
    item = {'file_path': 'a.jpg', 'text': ['a man'], 'person': 2, 'part': 'test', 'other': None}
    keys = RecordKeys.named('file_path', 'text', 'person', 'part')
    split, _, parsed = parse_record(item, 0, keys, ROOT)
    assert (split, parsed.captions, parsed.identity) == ('test', ('a man',), 2)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'captions': []}, r'has no caption \(captions = \[\]\); add one'),
        ({'captions': ['a man', '']}, r"has captions\[1\] = '', which is empty: describe"),
        ({'captions': [' .\n']}, r'captions\[0\] = .*, which holds no letter and no digit'),
        ({'captions': ['👩\u200d🦰🧥👖']}, r"= '👩.*🧥👖', which holds no letter and no digit"),
        ({'captions': "['a man', 'he walks']"}, r'captions\[0\] .* is a list written as text'),
        (
            {'captions': ['a \ud83d man']},
            r"captions\[0\] = 'a \\ud83d man', which holds half a char",
        ),
        ({'captions': None}, r'captions = None, expected a list'),
        ({'captions': ['a man', 3]}, r'captions\[1\] = 3, expected a string'),
        ({'img_path': 5}, r'img_path = 5, expected a non-empty string'),
        ({'img_path': ''}, r"img_path = '', expected a non-empty string"),
        ({'split': None}, r'split = None, expected a non-empty string'),
        ({'id': True}, r'id = True, which is neither a whole number nor a name: expected'),
        ({'id': 1.5}, r'id = 1\.5, which is neither .* or no id \(or -1\) where the identity is'),
        ({'id': -2}, r'id = -2, which begins with a minus sign'),
        ({'img_path': 'caf\udce9.jpg'}, r"= 'caf\\udce9\.jpg', a name that is not UTF-8: rename"),
    ],
)
def test_unsound_values_are_named(record, changes, message):
    with pytest.raises(ValueError, match=message):
        parse_record(record(**changes), 0, KEYS, ROOT)


@pytest.mark.parametrize('key', ['img_path', 'captions', 'split'])
def test_a_missing_key_is_answered_with_the_keys_there(record, key):
    item = record()
    del item[key]
    with pytest.raises(ValueError) as error:
        parse_record(item, 0, KEYS, ROOT)
    assert str(error.value).startswith(f'has no key {key!r}')
    assert str(error.value).endswith(f'; its keys are {sorted(item)}.')


def test_an_item_that_is_no_object():
    with pytest.raises(ValueError, match=r"is 'a\.jpg', expected an object"):
        parse_record('a.jpg', 0, KEYS, ROOT)


def test_long_values_are_shown_in_short(record):
    with pytest.raises(ValueError) as error:
        parse_record(record(captions=[{'long': 'long ' * 1000}]), 0, KEYS, ROOT)
    assert len(str(error.value)) < 250


def test_records_are_sorted_into_splits_in_file_order(record):
    items = [record(img_path=f'{n}.jpg', split=('train', 'test')[n % 2]) for n in range(5)]
    splits, problems = parse(items)
    assert {name: [r.number for r in records] for name, records in splits.items()} == {
        'train': [0, 2, 4],
        'test': [1, 3],
    }
    assert problems == ()


@pytest.mark.parametrize('second', ['a.jpg', './a.jpg', 'sub/../a.jpg', r'.\a.jpg'])
def test_records_of_one_image_are_merged_in_the_place_of_the_first(record, second):
    items = [record(captions=['x']), record(img_path='b.jpg'), record(img_path=second)]
    splits, problems = parse(items)
    assert problems == ()
    assert [image.number for image in splits['train']] == [0, 1]
    assert splits['train'][0].captions == ('x', *items[2]['captions'])


@pytest.mark.parametrize(
    ('change', 'says'),
    [
        ({'split': 'test'}, "its split is 'test' and not 'train'; make them agree"),
        ({'id': 77}, 'its identity is 77 and not'),
    ],
)
def test_records_of_one_image_that_contradict_each_other_are_a_problem(record, change, says):
    items = [record(), record(img_path='b.jpg'), record(**change)]
    splits, problems = parse(items, 'line {}'.format)
    assert [problem.number for problem in problems] == [2]
    assert 'shows the same image as line 0' in problems[0].text
    assert says in problems[0].text
    assert list(splits) == ['train']


def test_a_caption_may_stand_alone(record):
    assert parse_record(record(captions='a man'), 0, KEYS, ROOT).image.captions == ('a man',)
    item = record(caption='a man')
    del item['captions']
    require_keys(item.keys(), KEYS, Path('a.json'))
    assert parse_record(item, 0, KEYS, ROOT).image.captions == ('a man',)


def test_identities_may_be_names_or_numbers_of_any_length(record):
    ids = [10**20, '7', 7.0, 'Ann', str(10**20), 3, None, 'unknown']
    items = [record(img_path=f'{n}.jpg', id=identity) for n, identity in enumerate(ids)]
    splits, problems = parse(items)
    assert problems == ()
    assert [image.identity for image in splits['train']] == [8, 7, 7, 9, 8, 3, -1, -1]


def test_splits_have_the_names_that_configs_have(record):
    names = ['Training', 'validation', 'testing', 'fold 1']
    items = [record(img_path=f'{n}.jpg', split=name) for n, name in enumerate(names)]
    bad = record(img_path='x.jpg', split='Training', captions=[])
    splits, problems = parse([*items, bad])
    assert list(splits) == ['train', 'val', 'test', 'fold 1']
    assert [problem.split for problem in problems] == ['train']


class TestPathOfWindows:
    def test_a_backslash_separates_folders(self, record):
        _, _, parsed = parse_record(record(img_path=r'CUHK03\a.jpg'), 0, KEYS, ROOT)
        assert parsed.path == 'imgs/CUHK03/a.jpg'

    def test_a_file_whose_name_holds_one_keeps_it(self, record, tmp_path):
        (tmp_path / r'a\b.jpg').touch()
        _, _, parsed = parse_record(record(img_path=r'a\b.jpg'), 0, KEYS, tmp_path)
        assert parsed.path == str(tmp_path / r'a\b.jpg')

    @pytest.mark.parametrize('path', [r'C:\imgs\a.jpg', 'd:/imgs/a.jpg', r'\\server\share\a.jpg'])
    def test_the_place_on_another_machine_is_refused(self, record, path):
        with pytest.raises(ValueError, match='a path of a Windows machine: make it relative'):
            parse_record(record(img_path=path), 0, KEYS, ROOT)


def test_every_problem_is_listed_with_its_record(record):
    items = [record(), record(captions=[]), 'no record', record(img_path='b.jpg')]
    splits, problems = parse(items)
    assert [problem.number for problem in problems] == [1, 2]
    assert [r.number for r in splits['train']] == [0, 3]


def test_problems_are_told_apart_by_split_where_records_say_it(record):
    bad = [record(captions=[]), record(captions=[], split='test'), record(split=5), 'no record']
    parsed = parse_records(Annotations([record(), *bad]), KEYS, ROOT)
    assert [problem.number for problem in parsed.problems_of('train')] == [1, 3, 4]
    assert [problem.number for problem in parsed.problems_of('test')] == [2, 3, 4]


def test_every_required_key_has_to_be_in_some_record():
    require_keys({'img_path', 'caption', 'split'}, KEYS, Path('a.json'))
    with pytest.raises(ValueError) as error:
        require_keys({'file_path', 'id', 'split'}, KEYS, Path('a.json'))
    assert str(error.value) == (
        "no record of a.json has the key 'captions' (nor 'caption'); the keys in it are: "
        'file_path, id, split. If this is the right file, name its keys by captions_key.'
    )


def test_a_file_without_splits_is_answered_with_what_makes_them():
    keys = {'img_path', 'captions'}
    with pytest.raises(ValueError, match="the key 'split'; .* tools/convert_annotations.py makes"):
        require_keys(keys, KEYS, Path('a.json'))
    require_keys(keys, KEYS, Path('a.json'), split='train')


@pytest.mark.parametrize(
    ('image', 'person', 'text'),
    [
        ('img_path', 'id', 'captions'),
        ('file_path', 'image_id', 'captions'),
        ('image', 'label', 'caption'),
        ('image_path', 'pid', 'caption'),
    ],
)
def test_the_usual_names_of_keys_are_known(image, person, text):
    item = {image: 'a.jpg', person: 7, text: ['x', 'y'], 'split': 'val', 'captions_bt': ['z']}
    split, person, parsed = parse_record(item, 0, KEYS, ROOT)
    assert (split, person, parsed) == ('val', 7, ImageRecord('imgs/a.jpg', ('x', 'y'), 7, 0))


def test_of_two_names_the_first_counts():
    item = {'id': 3, 'image_id': 99, 'file_path': 'a.jpg', 'captions': ['x'], 'split': 'val'}
    assert parse_record(item, 0, KEYS, ROOT).person == 3


def test_records_that_name_no_split_are_of_that_of_the_file(record):
    item = {'img_path': 'b.jpg', 'captions': {'caption1': 'one', 'caption2': 'two'}}
    splits, problems = parse([record(split='val'), item, {'img_path': 'c.jpg'}], split='train')
    assert splits['train'][0].captions == ('one', 'two')
    assert list(splits) == ['val', 'train']
    assert [problem.split for problem in problems] == ['train']


def test_repeated_images_are_counted_or_refused(record):
    items = [record(captions=[text]) for text in ('one', 'two', 'three')]
    parsed = parse_records(Annotations(items), KEYS, ROOT)
    assert parsed.splits['train'][0].captions == ('one', 'two', 'three')
    assert (parsed.num_merged, parsed.total) == (2, 3)
    splits, problems = parse(items, repeated_images='error')
    assert splits['train'][0].captions == ('one',)
    assert [problem.number for problem in problems] == [1, 2]
    assert 'shows the same image as record 0 (from 0), imgs/a.jpg; remove it' in problems[0].text


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(NAMES, VALUES) | VALUES, max_size=4))
def test_whatever_a_file_holds_is_a_sound_record_or_a_problem(items):
    splits, problems = parse(items)
    records = [record for found in splits.values() for record in found]
    assert bool(records or problems) == bool(items)
    for record in records:
        np.array([record.identity], dtype=np.int64)
        ' '.join([record.path, *record.captions]).encode()
