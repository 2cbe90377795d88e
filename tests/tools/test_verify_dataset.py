"""The verification of a copy of a data set, from the command line."""

import json
import re
import runpy
import shutil
from pathlib import Path

import pytest

from cpcl_mm.datasets import CUHKPEDES, ICFGPEDES, PublishedCounts, RSTPReid
from cpcl_mm.datasets.names import RecordKeys
from cpcl_mm.synthetic import SyntheticSettings, ensure_synthetic_pedes

ROOT = Path(__file__).parents[2]
PAGE = ROOT / 'docs' / 'datasets.md'
TOOL = runpy.run_path(str(ROOT / 'tools' / 'verify_dataset.py'))
main, locate, verify, Fault = (TOOL[name] for name in ('main', 'locate', 'verify', 'Fault'))
format_report = TOOL['format_report']

PEOPLE = {'train': 3, 'val': 2, 'test': 1}


@pytest.fixture
def root(write_public_dataset, tmp_path, monkeypatch):
    """A small RSTPReid, whose published figures are said to be its own."""
    published = {
        split: PublishedCounts(people, 5 * people, 10 * people) for split, people in PEOPLE.items()
    }
    monkeypatch.setattr(RSTPReid, 'published', published)
    return write_public_dataset('RSTPReid', tmp_path / 'RSTPReid', identities=PEOPLE)


@pytest.fixture
def run(capsys):
    """Run the tool; returns its exit code and what it prints."""

    def run(*args):
        code = main([str(arg) for arg in args])
        return code, capsys.readouterr().out

    return run


def test_a_good_copy(root, run):
    code, text = run('RSTPReid', root)
    assert code == 0
    assert 'train  images         15        15  ok\n' in text
    assert 'images: 30 of 30 decode' in text
    assert text.endswith('Nothing is wrong.\n')


@pytest.fixture
def broken(root):
    """The same with a missing image, a damaged one, and a record too few."""
    (root / 'imgs' / '0000_c1_0000.jpg').unlink()
    damaged = root / 'imgs' / '0000_c2_0001.jpg'
    damaged.write_bytes(damaged.read_bytes()[:300])
    ann_file = root / 'data_captions.json'
    ann_file.write_text(json.dumps(json.loads(ann_file.read_text())[:-1]))
    return root


def test_a_broken_copy(broken, run, tmp_path):
    code, text = run('RSTPReid', broken, '--list', tmp_path / 'broken.tsv', '--jobs', 1)
    assert code == 1
    assert 'test   images          4         5  1 too few\n' in text
    assert 'test   captions        8        10  2 too few\n' in text
    assert 'images: 27 of 29 decode' in text
    assert '0000_c1_0000.jpg does not exist' in text
    assert '0000_c2_0001.jpg is not a readable image' in text
    assert 'WRONG: 2 counts, 0 records, 2 images.' in text
    assert len((tmp_path / 'broken.tsv').read_text().splitlines()) == 3
    code, text = run('RSTPReid', broken, '--no-decode')
    assert code == 1
    assert 'images: 28 of 29 exist' in text


def test_the_published_figures_are_those_of_the_whole_data_set(write_public_dataset, run, tmp_path):
    write_public_dataset('ICFG-PEDES', tmp_path)
    code, text = run('ICFG-PEDES', tmp_path)
    assert code == 1
    assert '34,674' in text
    assert '19,848' in text


def test_the_built_in_data_set(run, tmp_path):
    sizes = dict(train_identities=2, val_identities=1, test_identities=1)
    settings = SyntheticSettings(**sizes, images_per_identity=1, height=32, width=16)
    root = ensure_synthetic_pedes(tmp_path / 'made', settings, workers=1)
    assert run('SyntheticPedes', root)[0] == 0
    next((root / 'imgs' / 'val').iterdir()).unlink()
    assert run('SyntheticPedes', root)[0] == 1


def test_a_data_set_of_ones_own_with_keys_of_its_own(pedes_root, run, tmp_path):
    records = json.loads((pedes_root / 'data_captions.json').read_text())
    for record in records:
        record['texts'] = record.pop('captions')
    (tmp_path / 'mine.json').write_text(json.dumps(records))
    own = ('ImageCaptionDataset', tmp_path, '--ann-file', 'mine.json')
    code, text = run(*own, '--imgs', pedes_root / 'imgs', '--keys', 'captions=texts')
    assert code == 0
    assert 'train  captions       24\n' in text


@pytest.mark.parametrize(
    ('args', 'message'),
    [
        (
            ['CUHK-PEDES', '{}/none'],
            'looked for reid_raw.json and caption_all.json and train_reid.json and',
        ),
        (['ImageCaptionDataset', '{}'], 'name it by --ann-file'),
        (['SyntheticPedes', '{}'], 'SyntheticPedes'),
        (['ICFG-PEDES', '{}', '--ann-file', 'x.json'], 'x.json does not exist'),
    ],
)
def test_what_cannot_be_verified_is_an_error(args, message, tmp_path, capsys):
    assert main([arg.format(tmp_path) for arg in args]) == 1
    error = capsys.readouterr().err
    assert error.startswith('error: ')
    assert message in error
    assert 'data_root is ROOT here' in error


@pytest.mark.parametrize('option', ['--jobs', '--num'])
def test_numbers_have_to_be_positive(root, option, capsys):
    with pytest.raises(SystemExit, match='2'):
        main(['RSTPReid', str(root), option, '0'])
    assert f"argument {option}: '0' is no whole number from 1" in capsys.readouterr().err


def test_the_page_about_data_sets_shows_what_the_tool_prints(
    write_public_dataset, run, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    root = Path('data/CUHK-PEDES')
    write_public_dataset('CUHK-PEDES', root, identities=dict(train=9, val=3, test=3))
    shutil.rmtree(root / 'imgs' / 'Market')
    image = min((root / 'imgs' / 'cam_a').iterdir())
    image.write_bytes(image.read_bytes()[:1000])
    _, text = run('CUHK-PEDES', root, '--num', 2)
    assert f'```\n{text}```\n' in PAGE.read_text(encoding='utf-8')


def test_help_teaches_by_example(capsys):
    with pytest.raises(SystemExit, match='0'):
        main(['--help'])
    text = capsys.readouterr().out
    assert 'python tools/verify_dataset.py CUHK-PEDES data/CUHK-PEDES\n' in text
    assert 'The exit code is 0 if nothing is wrong' in text


@pytest.fixture
def copy_root(write_public_dataset, tmp_path, monkeypatch):
    """Root of the copy: 4, 2 and 2 people; papers are said to print 2 training captions less."""
    root = tmp_path / 'CUHK-PEDES'
    write_public_dataset('CUHK-PEDES', root, identities=dict(train=4, val=2, test=2))
    records = json.loads((root / 'reid_raw.json').read_text(encoding='utf-8'))
    published = {}
    for split in ('train', 'val', 'test'):
        of_split = [record for record in records if record['split'] == split]
        published[split] = PublishedCounts(
            identities=len({record['id'] for record in of_split}),
            images=len(of_split),
            captions=(captions := sum(len(record['captions']) for record in of_split)),
            captions_in_papers=captions - 2 if split == 'train' else None,
        )
    monkeypatch.setattr(CUHKPEDES, 'published', published)
    return root


@pytest.fixture
def look(copy_root):
    """Verify the small copy."""

    def look(level='decode', **changes):
        copy = locate('CUHK-PEDES', copy_root)
        for name, value in changes.items():
            setattr(copy, name, value)
        return verify(copy, level == 'decode', threads=2)

    return look


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
    return [row[:2] for row in result.count_rows() if row[-1] and not row[-1].startswith('ok')]


@pytest.mark.parametrize('level', ['decode', 'exists'])
def test_a_sound_copy(look, level):
    result = look(level)
    assert result.is_sound
    assert result.bad_records == result.bad_images == []
    assert result.count('val', 'images') == result.expected['val'].images
    assert len(result.count_rows()) == 9
    assert result.shared == {}


def test_the_fault_of_a_missing_image(look, first):
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
    images = list((copy_root / 'imgs' / 'Market').iterdir())
    for path in images:
        path.unlink()
    report = format_report(look('exists'))
    assert f'Market/: {len(images)} of {len(images)} are missing or unreadable' in report
    assert report.count('/: ') == 1


def test_a_lost_record_makes_counts_wrong(look, change):
    change(lambda records: records.pop())
    result = look()
    assert wrong(result) == [('test', 'images'), ('test', 'captions')]
    assert not result.is_sound


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
    result = look(expected={})
    assert result.shared == {('train', 'test'): 1}
    assert result.leaks == 0
    assert '\nnote: 1 identities are in train and in test\n' in format_report(result)
    assert format_report(result).endswith('Nothing else is wrong.')
    result.name = 'ImageCaptionDataset'
    assert 'scores will be too good: tools/convert_annotations.py --split-key none' in (
        format_report(result)
    )
    assert format_report(result).endswith(', 1 identities in train and in another split.')


def test_unknown_identities_are_in_no_split(look, change):
    change(lambda records: [record.pop('id') for record in records])
    result = look()
    assert result.shared == {}
    assert wrong(result) == [(split, 'identities') for split in ('train', 'val', 'test')]


def test_the_file_of_another_data_set_is_refused(write_public_dataset, tmp_path):
    root = write_public_dataset('RSTPReid', tmp_path)
    with pytest.raises(ValueError, match='looks like the annotation file of RSTPReid'):
        verify(locate('CUHK-PEDES', root, 'data_captions.json'))


def test_a_missing_folder_of_images_is_answered_with_what_is_there(look, copy_root):
    (copy_root / 'imgs').rename(copy_root / 'images')
    with pytest.raises(FileNotFoundError, match='imgs does not exist; .* holds: images/, reid_raw'):
        look()


def test_a_file_without_a_key_is_refused(look, change):
    change(lambda records: [record.pop('split') for record in records])
    with pytest.raises(ValueError, match="has the key 'split'"):
        look()


def test_a_public_data_set_is_known_by_its_name(tmp_path):
    (tmp_path / 'ICFG_PEDES.json').touch()
    copy = locate('ICFG-PEDES', tmp_path)
    assert copy.files == {tmp_path / 'ICFG_PEDES.json': None}
    assert copy.image_root == tmp_path / 'imgs'
    assert copy.expected == ICFGPEDES.published


def test_the_usual_folder_is_the_default(tmp_path, monkeypatch):
    (tmp_path / 'data' / 'RSTPReid').mkdir(parents=True)
    (tmp_path / 'data' / 'RSTPReid' / 'data_captions.json').touch()
    monkeypatch.chdir(tmp_path)
    assert list(locate('RSTPReid').files) == [Path('data/RSTPReid/data_captions.json')]


def test_files_folders_and_keys_may_have_other_names(tmp_path):
    keys = dict(image='file', split='part')
    copy = locate('ImageCaptionDataset', tmp_path, 'a/mine.json', 'crops', keys)
    assert list(copy.files) == [tmp_path / 'a' / 'mine.json']
    assert copy.image_root == tmp_path / 'crops'
    assert copy.keys == RecordKeys.named(image='file', split='part')
    assert copy.expected == {}


def test_captions_that_papers_print_beside_others_are_right(look, change):
    note = r'train  captions .* ok \(papers print \d+; both are right\)'
    assert re.search(note, format_report(look()))
    change(lambda records: records[1].update(captions=records[1]['captions'][:1]))
    assert re.search(note, format_report(look()))


def test_wrong_counts_say_by_how_much_and_a_split_too_many_is_named(look, change):
    change(
        lambda records: [
            record.update(split='query') for record in records if record['split'] == 'val'
        ]
    )
    report = format_report(look())
    assert re.search(r'val    identities +0 +2  2 too few', report)
    assert re.search(r'query  images +\d+ +there should be no such split', report)
    assert re.search(r'WRONG: 6 counts, 0 records, 0 images\.$', report)


def test_unusable_records_are_named_up_to_a_limit(look, change):
    change(lambda records: [record.update(captions=[]) for record in records[:3]])
    report = format_report(look(), limit=1)
    assert (
        '3 records are unusable, and not counted above:\n  record 0 (from 0) has no caption'
        in report
    )
    assert '\n  and 2 more; --list FILE writes all of them\n' in report


def test_the_size_of_the_whole_is_compared_where_that_of_splits_is_not_published(look):
    splits = look().expected.values()
    sums = (sum(getattr(of, key) for of in splits) for key in ('identities', 'images'))
    result = look(expected={'all': PublishedCounts(*sums)})
    assert result.is_sound
    rows = [row[:2] for row in result.count_rows()][:3]
    assert rows == [('all', quantity) for quantity in ('identities', 'images', 'captions')]
    assert re.search(r'all    images +\d+ +\d+  ok', format_report(result))


def test_a_file_for_each_split(write_public_dataset, tmp_path, run):
    root = write_public_dataset('RSTPReid', tmp_path)
    records = json.loads((root / 'data_captions.json').read_text())
    (root / 'data_captions.json').unlink()
    for split in ('train', 'val', 'test'):
        own = [record for record in records if record['split'] == split]
        bare = [{key: value for key, value in each.items() if key != 'split'} for each in own]
        (root / f'{split}_reid.json').write_text(json.dumps(bare))
    _, text = run('RSTPReid', root)
    assert re.search(r'train  images +30 ', text)
    assert re.search(r'val    images +15 ', text)
