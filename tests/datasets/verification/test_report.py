"""The report names what is wrong, in numbers and with examples, and the list names all of it."""

import csv

import pytest

from cpcl_mm.datasets.counts import PublishedCounts, SplitCounts
from cpcl_mm.datasets.verification import DatasetCopy, Verification, format_report, write_list
from cpcl_mm.datasets.verification.verify import Fault, Folder


@pytest.fixture
def make(tmp_path):
    """Make the verification of a sound CUHK-PEDES; keyword arguments change it."""

    def make(expected=None, **changes):
        published = {
            'train': PublishedCounts(11_003, 34_054, 68_126, captions_in_papers=68_108),
            'val': PublishedCounts(1_000, 3_078, 6_158),
        }
        copy = DatasetCopy(
            'CUHK-PEDES',
            tmp_path / 'reid_raw.json',
            tmp_path / 'imgs',
            expected=published if expected is None else expected,
        )
        sound = dict(
            copy=copy,
            level='decode',
            counts={
                'train': SplitCounts(11_003, 34_054, 68_126),
                'val': SplitCounts(1_000, 3_078, 6_158),
            },
            bad_records=(),
            bad_images=(),
            folders=(Folder('CUHK01', 37_132, 0),),
            shared_identities={},
        )
        return Verification(**sound | changes)

    return make


def faults(number):
    return tuple(
        Fault('train', f'record {n} (from 0)', f'imgs/{n}.jpg', 'does not exist')
        for n in range(number)
    )


def test_a_sound_copy(make, tmp_path):
    assert format_report(make()) == (
        f'CUHK-PEDES: annotation file {tmp_path}/reid_raw.json, images below {tmp_path}/imgs\n'
        '\n'
        'split  quantity     found  expected\n'
        'train  identities  11,003    11,003  ok\n'
        'train  images      34,054    34,054  ok\n'
        'train  captions    68,126    68,126  ok (papers print 68,108; both are right)\n'
        'val    identities   1,000     1,000  ok\n'
        'val    images       3,078     3,078  ok\n'
        'val    captions     6,158     6,158  ok\n'
        '\n'
        'images: 37,132 of 37,132 decode\n'
        '\n'
        'Nothing is wrong.'
    )


def test_existence_is_not_called_decoding(make):
    assert 'images: 37,132 of 37,132 exist\n' in format_report(make(level='exists'))


def test_wrong_counts_say_by_how_much(make):
    counts = {'train': SplitCounts(11_003, 34_050, 68_130), 'query': SplitCounts(1, 1, 1)}
    report = format_report(make(counts=counts))
    assert 'train  images      34,050    34,054  4 too few\n' in report
    assert 'train  captions    68,130    68,126  4 too many\n' in report
    assert 'val    identities       0     1,000  1,000 too few\n' in report
    assert 'query  images           1            there should be no such split\n' in report
    assert report.endswith('WRONG: 8 counts, 0 records, 0 images.')


def test_without_expectations_there_are_only_numbers(make):
    report = format_report(make(expected={}))
    assert 'train  images      34,054\n' in report
    assert report.endswith('Nothing is wrong.')


def test_images_are_named_up_to_a_limit_and_counted_by_folder(make):
    folders = (Folder('', 5, 1), Folder('Market', 10, 4), Folder('cam_a', 20, 0))
    report = format_report(make(bad_images=faults(5), folders=folders), limit=2)
    assert (
        'images: 30 of 35 decode\n'
        '  Market/: 4 of 10 are missing or unreadable\n'
        '  train, record 0 (from 0): imgs/0.jpg does not exist\n'
        '  train, record 1 (from 0): imgs/1.jpg does not exist\n'
        '  and 3 more; --list FILE writes all of them\n'
    ) in report
    assert report.endswith('WRONG: 0 counts, 0 records, 5 images.')


def test_records_are_named_up_to_a_limit(make):
    bad = tuple(Fault('', f'line {n}', '', 'has no caption.') for n in range(3))
    report = format_report(make(bad_records=bad), limit=1)
    assert (
        '3 records are unusable, and not counted above:\n'
        '  line 0 has no caption.\n'
        '  and 2 more; --list FILE writes all of them\n'
    ) in report


def test_identities_that_a_public_data_set_shares_are_a_note(make):
    result = make(shared_identities={('train', 'val'): 12})
    report = format_report(result)
    assert result.is_sound
    assert '\nnote: 12 identities are in train and in val\n' in report
    assert report.endswith('Nothing else is wrong.')


def test_people_who_are_trained_on_and_evaluated_are_wrong(make, tmp_path):
    mine = DatasetCopy('ImageCaptionDataset', tmp_path / 'a.json', tmp_path)
    shared = {('train', 'test'): 12, ('val', 'test'): 3}
    result = make(copy=mine, shared_identities=shared)
    report = format_report(result)
    assert not result.is_sound
    assert 'scores will be too good: tools/convert_annotations.py --split-key none' in report
    assert report.endswith(', 12 identities in train and in another split.')
    assert make(copy=mine, shared_identities={('val', 'test'): 3}).is_sound


def test_the_list_holds_every_fault_even_with_tabs_and_line_breaks(tmp_path):
    odd = Fault('val', 'line 3', 'a\tb.jpg', 'is not a readable image: bad\nheader')
    write_list([*faults(12), odd], tmp_path / 'new' / 'list.tsv')
    with (tmp_path / 'new' / 'list.tsv').open(newline='') as file:
        rows = list(csv.reader(file, delimiter='\t'))
    assert rows[0] == ['split', 'place', 'image', 'problem']
    assert rows[1] == list(faults(1)[0])
    assert rows[-1] == list(odd)
    assert len(rows) == 14
