"""A sound copy has no fault; each kind of damage is found, and found where it is."""

import json
from dataclasses import replace

import pytest

from cpcl_mm.datasets.counts import SplitCounts
from cpcl_mm.datasets.verification import locate, verify


@pytest.fixture
def look(copy_root):
    """Verify the small copy."""
    return lambda level='decode', **changes: verify(
        replace(locate('CUHK-PEDES', copy_root), **changes), level, threads=2
    )


@pytest.fixture
def first(copy_root):
    """The image file of the first record."""
    records = json.loads((copy_root / 'reid_raw.json').read_text())
    return copy_root / 'imgs' / records[0]['file_path']


@pytest.fixture
def change(copy_root):
    """Change the list of records."""

    def change(edit):
        path = copy_root / 'reid_raw.json'
        records = json.loads(path.read_text())
        edit(records)
        path.write_text(json.dumps(records))

    return change


def wrong(result):
    """The counts that are wrong, as (split, quantity)."""
    return [(check.split, check.quantity) for check in result.count_checks() if check.is_wrong]


@pytest.mark.parametrize('level', ['decode', 'exists'])
def test_a_sound_copy(look, level):
    result = look(level)
    assert result.is_sound
    assert result.faults == ()
    assert result.counts['val'] == SplitCounts(
        **{key: getattr(result.copy.expected['val'], key) for key in SplitCounts.__annotations__}
    )
    assert len(result.count_checks()) == 9
    assert result.shared_identities == {}


def test_the_captions_that_papers_print_are_right_too(look, change):
    change(lambda records: records[1].update(captions=records[1]['captions'][:1]))
    assert look().is_sound


def test_a_missing_image(look, first):
    first.unlink()
    for level in ('exists', 'decode'):
        result = look(level)
        assert not result.is_sound
        (fault,) = result.bad_images
        assert fault == ('train', 'record 0 (from 0)', str(first), 'does not exist')
        # The annotation file is as it should be.
        assert wrong(result) == []


def test_only_decoding_finds_a_damaged_image(look, first):
    first.write_bytes(first.read_bytes()[:200])
    assert look('exists').is_sound
    (fault,) = look('decode').bad_images
    assert fault.image == str(first)
    assert 'is not a readable image' in fault.text


def test_a_sound_image_is_looked_at_again(look, first):
    assert look().is_sound
    first.write_bytes(b'')
    assert not look().is_sound


def test_damage_is_counted_by_folder(look, copy_root):
    (market,) = [folder for folder in look().folders if folder.name == 'Market']
    assert market.images > market.bad == 0
    for path in (copy_root / 'imgs' / 'Market').iterdir():
        path.unlink()
    damaged = {folder.name: folder.bad for folder in look('exists').folders if folder.bad}
    assert damaged == {'Market': market.images}


def test_a_lost_record_makes_counts_wrong(look, change):
    change(lambda records: records.pop())
    result = look()
    assert wrong(result) == [('test', 'images'), ('test', 'captions')]
    assert not result.is_sound


def test_a_lost_split_makes_counts_wrong(look, change):
    change(lambda records: [record.update(split='train') for record in records])
    assert {split for split, _ in wrong(look())} == {'train', 'val', 'test'}


def test_a_split_that_should_not_be_there(look, change):
    change(lambda records: records[-1].update(split='query'))
    assert {('query', 'images'), ('test', 'images')} <= set(wrong(look()))


def test_an_unusable_record_is_named_and_not_counted(look, change):
    change(lambda records: records[0].update(captions=[]))
    result = look()
    (fault,) = result.bad_records
    assert fault[:3] == ('train', 'record 0 (from 0)', '')
    assert 'has no caption' in fault.text
    assert ('train', 'images') in wrong(result)


def test_a_record_of_no_split_is_named(look, change):
    change(lambda records: records[0].pop('split'))
    (fault,) = look().bad_records
    assert fault.split == ''


def test_nothing_is_wrong_with_counts_of_which_nothing_is_known(look, change):
    change(lambda records: records.pop())
    assert look(expected={}).is_sound


def test_people_in_two_splits_are_told(look, change):
    change(lambda records: records[-1].update(id=records[0]['id']))
    assert look(expected={}).shared_identities == {('train', 'test'): 1}


def test_unknown_identities_are_in_no_split(look, change):
    change(lambda records: [record.pop('id') for record in records])
    result = look()
    assert result.shared_identities == {}
    assert wrong(result) == [(split, 'identities') for split in ('train', 'val', 'test')]


def test_the_file_of_another_data_set_is_refused(write_public_dataset, tmp_path):
    root = write_public_dataset('RSTPReid', tmp_path)
    with pytest.raises(ValueError, match='looks like the annotation file of RSTPReid'):
        verify(locate('CUHK-PEDES', root, 'data_captions.json'))


def test_a_missing_image_folder_is_answered_with_what_is_there(look, copy_root):
    (copy_root / 'imgs').rename(copy_root / 'images')
    with pytest.raises(FileNotFoundError, match='imgs does not exist; .* holds: images/, reid_raw'):
        look()


def test_a_file_without_a_key_is_refused(look, change):
    change(lambda records: [record.pop('split') for record in records])
    with pytest.raises(ValueError, match="has the key 'split'"):
        look()
