"""From one format of annotations to another, from the command line."""

import json
import re
import runpy
import shutil
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from cpcl_mm.registry import DATASETS

main = runpy.run_path(str(Path(__file__).parents[2] / 'tools' / 'convert_annotations.py'))['main']


@pytest.fixture
def convert(capsys):
    """A function that runs the tool and returns what it printed: the counts, and the warnings."""

    def run(*args):
        assert main(list(map(str, args))) == 0
        return capsys.readouterr()

    return run


@pytest.fixture
def fails(capsys):
    """A function that runs the tool, sees it fail, and returns the error it printed."""

    def run(*args):
        assert main(list(map(str, args))) == 1
        return capsys.readouterr().err

    return run


@pytest.fixture
def mine(tmp_path, pedes_root, convert):
    """A data set of one's own: images of 12 people, 0000_0.png to 0011_1.png, with text beside."""
    convert(pedes_root / 'data_captions.json', tmp_path / 'mine' / 'imgs')
    return tmp_path / 'mine'


def records(path):
    return [json.loads(line) for line in path.read_text(encoding='utf-8').splitlines()]


def test_a_file_becomes_images_with_text_beside(mine, pedes_root):
    assert (
        len(list((mine / 'imgs').glob('*.png'))) == len(list((mine / 'imgs').glob('*.txt'))) == 24
    )
    original = json.loads((pedes_root / 'data_captions.json').read_text())[0]
    captions = (mine / 'imgs' / original['img_path']).with_suffix('.txt').read_text()
    assert captions.splitlines() == original['captions']


def test_a_folder_becomes_a_file_with_splits_by_identity(mine, convert):
    splits = ('--val', 0.25, '--test', 0.25, '--id-pattern', r'^(\d+)_')
    printed = convert(mine / 'imgs', mine / 'captions.jsonl', *splits)
    assert printed.out.splitlines()[:3] == [
        'train: 6 identities, 12 images, 24 captions',
        'val: 3 identities, 6 images, 12 captions',
        'test: 3 identities, 6 images, 12 captions',
    ]
    found = records(mine / 'captions.jsonl')
    assert len({(record['id'], record['split']) for record in found}) == 12
    assert found[0]['img_path'] == '0000_0.png'
    assert printed.err == ''


def test_the_printed_setting_is_the_data_set(mine, convert):
    out, _ = convert(mine / 'imgs', mine / 'lists' / 'captions.csv', '--val', 0.1)
    setting = Config.fromstring(re.search(r'data = dict.*', out)[0], '.py').data
    with DefaultScope.overwrite_default_scope('cpcl_mm'):
        assert len(DATASETS.build(dict(setting, split='train', view='images'))) == 22


def test_nothing_is_lost_on_the_way_through_all_formats(tmp_path, pedes_root, convert):
    shutil.copy(pedes_root / 'data_captions.json', tmp_path / '0.json')
    names = ['0.json', '1.csv', '2.jsonl', '3.csv', '4.ndjson', '5.json']
    for source, target in zip(names, names[1:], strict=False):
        convert(tmp_path / source, tmp_path / target)
    first, last = (json.loads((tmp_path / name).read_text()) for name in ('0.json', '5.json'))
    assert first == last
    assert (tmp_path / '1.csv').read_text() == (tmp_path / '3.csv').read_text()


def test_without_identities_images_can_stand_for_them(mine, convert):
    splits = ('--val', 0.1, '--test', 0.1)
    convert(mine / 'imgs', mine / 'a.jsonl', *splits)
    convert(mine / 'imgs', mine / 'b.jsonl', *splits, '--image-is-identity')
    assert '"id"' not in (mine / 'a.jsonl').read_text()
    identities = [record.get('id') for record in records(mine / 'b.jsonl')]
    assert sorted(filter(lambda identity: identity is not None, identities)) == [0, 1, 2, 3]


def test_missing_identities_and_splits_are_warned_about(mine, convert):
    _, warnings = convert(mine / 'imgs', mine / 'a.jsonl', '--val', 0.1)
    assert 'warning: there is no split test.' in warnings
    assert 'warning: 2 of the 2 images of val have no identity' in warnings


def test_splits_from_folders(mine, convert):
    for folder in ('train', 'val', 'test'):
        (mine / 'imgs' / folder).mkdir()
    for number, path in enumerate(sorted((mine / 'imgs').glob('*.*'))):
        path.rename(mine / 'imgs' / ('train', 'val', 'test')[number // 2 % 3] / path.name)
    out, _ = convert(mine / 'imgs', mine / 'a.csv', '--split-pattern', '^([^/]+)/')
    assert [line.split(':')[0] for line in out.splitlines()[:3]] == ['train', 'val', 'test']
    assert out.count(' 8 images, 16 captions') == 3


def test_keys_and_image_folder_of_another_data_set(tmp_path, convert):
    record = {'file_path': '/data/crops/a.jpg', 'text': ['x'], 'person': 3, 'part': 'val'}
    (tmp_path / 'a.json').write_text(json.dumps([record]))
    keys = ['--image-key=file_path', '--captions-key=text', '--identity-key=person']
    options = [*keys, '--split-key=part', '--image-root=/data/crops']
    convert(tmp_path / 'a.json', tmp_path / 'a.jsonl', *options)
    expected = {'img_path': 'a.jpg', 'captions': ['x'], 'id': 3, 'split': 'val'}
    assert records(tmp_path / 'a.jsonl') == [expected]


def test_images_without_captions_stop_or_are_skipped(mine, convert, fails):
    (mine / 'imgs' / '0003_0.txt').unlink()
    (mine / 'imgs' / '0004_0.txt').write_text('\n')
    error = fails(mine / 'imgs', mine / 'a.csv')
    assert error.startswith('error: image 0003_0.png (there is no 0003_0.txt) of ')
    assert 'Unusable records in all: 2' in error
    assert not (mine / 'a.csv').exists()
    out, _ = convert(mine / 'imgs', mine / 'a.csv', '--bad-records', 'skip')
    assert 'train: 0 identities, 22 images, 44 captions' in out


def test_a_path_out_of_the_image_folder_is_refused(tmp_path, fails):
    (tmp_path / 'a.csv').write_text('img_path,caption\n../../etc/a.jpg,a man\n')
    error = fails(tmp_path / 'a.csv', tmp_path / 'out')
    assert error.startswith('error: line 2 of ')
    assert 'outside of the image folder' in error
    assert not (tmp_path / 'out').exists()


def test_a_folder_is_not_copied_by_a_forgotten_suffix(mine, fails):
    assert 'are both folders: give TARGET a suffix' in fails(mine / 'imgs', mine / 'captions')
    assert not (mine / 'captions').exists()


def test_a_file_is_overwritten_by_force_only(mine, convert, fails):
    arguments = (mine / 'imgs', mine / 'a.csv')
    convert(*arguments)
    assert f'{mine / "a.csv"} exists already' in fails(*arguments)
    convert(*arguments, '--force')


def test_help_teaches_by_example(capsys):
    with pytest.raises(SystemExit, match='0'):
        main(['--help'])
    help_text = capsys.readouterr().out
    assert (
        'python tools/convert_annotations.py data/mine/imgs data/mine/captions.jsonl' in help_text
    )
    assert 'evaluation needs them, to know which images match a caption' in help_text


def test_splits_of_other_names_become_those_of_configs_or_are_shared_out_anew(
    pedes_root, tmp_path, convert, fails
):
    images = json.loads((pedes_root / 'data_captions.json').read_text())
    source, target = tmp_path / 'a.json', tmp_path / 'b.jsonl'
    for name, split in (('training', 'train'), ('gallery', 'gallery')):
        source.write_text(json.dumps([image | {'split': name} for image in images]))
        printed = convert(source, target, '--image-root', pedes_root / 'imgs', '--force')
        assert {record['split'] for record in records(target)} == {split}
        assert '--split-key none --val 0.1 --test 0.1' in printed.err
    shares = ('--val', 0.1, '--test', 0.1)
    assert '--split-key none' in fails(source, target, '--force', *shares)
    convert(source, target, '--force', '--split-key', 'none', *shares)
    assert {record['split'] for record in records(target)} == {'train', 'val', 'test'}


def test_what_a_folder_holds_besides_is_counted_and_listed(mine, convert, tmp_path):
    (mine / 'imgs' / 'notes.pdf').touch()
    (mine / 'imgs' / 'more').symlink_to(mine / 'imgs')
    printed = convert(mine / 'imgs', tmp_path / 'a.jsonl')
    assert '2 passed over (' in printed.out
    assert '--list FILE names them' in printed.out
    convert(mine / 'imgs', tmp_path / 'a.jsonl', '--force', '--list', tmp_path / 'left_out.tsv')
    assert (tmp_path / 'left_out.tsv').read_text().splitlines()[1:] == [
        f'{mine}/imgs/more\tlink to a folder that counts already',
        f'{mine}/imgs/notes.pdf\tsuffix .pdf',
    ]
