"""The verification of a copy of a data set, from the command line."""

import json
import runpy
import shutil
from pathlib import Path

import pytest

from cpcl_mm.datasets import RSTPReid
from cpcl_mm.datasets.counts import PublishedCounts
from cpcl_mm.synthetic import SyntheticSettings, ensure_synthetic_pedes

ROOT = Path(__file__).parents[2]
PAGE = ROOT / 'docs' / 'datasets.md'
main = runpy.run_path(str(ROOT / 'tools' / 'verify_dataset.py'))['main']

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


def test_without_decoding_damage_stays_unseen(broken, run):
    code, text = run('RSTPReid', broken, '--no-decode')
    assert code == 1
    assert 'images: 28 of 29 exist' in text


def test_few_examples(broken, run):
    _, text = run('RSTPReid', broken, '--num', 1)
    assert 'and 1 more; --list FILE writes all of them' in text


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
        (['CUHK-PEDES', '{}/none'], 'looked for reid_raw.json and caption_all.json, but'),
        (['ImageCaptionDataset', '{}'], 'name it by --ann-file'),
        (['SyntheticPedes', '{}'], 'no annotation file in'),
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
