"""From one format of annotations to another, from the command line."""

import json
import re
import runpy
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from cpcl_mm.registry import DATASETS

TOOL = runpy.run_path(str(Path(__file__).parents[2] / 'tools' / 'convert_annotations.py'))
main, Annotation, read_source = TOOL['main'], TOOL['Annotation'], TOOL['read_source']
write_target = TOOL['write_target']


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


def test_without_identities_images_can_stand_for_them(mine, convert):
    splits = ('--val', 0.1, '--test', 0.1)
    convert(mine / 'imgs', mine / 'a.jsonl', *splits)
    convert(mine / 'imgs', mine / 'b.jsonl', *splits, '--image-is-identity')
    assert '"id"' not in (mine / 'a.jsonl').read_text()
    identities = [record.get('id') for record in records(mine / 'b.jsonl')]
    assert sorted(filter(lambda identity: identity is not None, identities)) == [0, 1, 2, 3]


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


def test_what_a_folder_holds_besides_is_counted(mine, convert, tmp_path):
    (mine / 'imgs' / 'notes.pdf').touch()
    (mine / 'imgs' / 'more').symlink_to(mine / 'imgs')
    printed = convert(mine / 'imgs', tmp_path / 'a.jsonl')
    assert '2 passed over (link to a folder that counts already: 1, suffix .pdf: 1)' in printed.out


def annotation(path='a.jpg', *captions, **settings):
    return Annotation(path, captions or ('a man in red',), **settings)


def test_an_unknown_identity_is_left_out_of_a_record():
    known = annotation('d/a.jpg', 'one', 'two', identity=0, split='val')
    assert known.as_record()['id'] == 0
    assert annotation(split='train').as_record() == {
        'img_path': 'a.jpg',
        'captions': ['a man in red'],
        'split': 'train',
    }


def record(**changes):
    return {'id': 0, 'img_path': 'a.jpg', 'captions': ['a man in red'], 'split': 'train'} | changes


@pytest.fixture
def folder(tmp_path):
    """An image folder: captions beside one image, none beside another."""
    (tmp_path / 'imgs' / 'd').mkdir(parents=True)
    for name in ('a.jpg', 'd/b.jpg'):
        (tmp_path / 'imgs' / name).touch()
    (tmp_path / 'imgs' / 'd' / 'b.txt').write_text('a man\nhe walks\n')
    return tmp_path / 'imgs'


@pytest.fixture
def read(tmp_path):
    """Write records to a file of JSON lines and read it as a source."""

    def write_and_read(*records, **settings):
        (tmp_path / 'a.jsonl').write_text(''.join(f'{json.dumps(each)}\n' for each in records))
        return read_source(tmp_path / 'a.jsonl', tmp_path / 'imgs', **settings)

    return write_and_read


def test_records_of_all_splits_in_the_order_of_the_file(read):
    found = read(
        record(split='test', id=2),
        record(img_path='d/b.jpg', split='train', id=None),
        record(img_path='c.jpg', captions=['one', 'two'], split='test'),
    )
    assert found == [
        Annotation('a.jpg', ('a man in red',), 2, 'test'),
        Annotation('d/b.jpg', ('a man in red',), -1, 'train'),
        Annotation('c.jpg', ('one', 'two'), 0, 'test'),
    ]


def test_a_source_may_have_no_splits_but_not_some(read):
    without = {key: value for key, value in record().items() if key != 'split'}
    assert read(without)[0].split == ''
    with pytest.raises(ValueError, match=r"line 2 of .*a\.jsonl has no key 'split'"):
        read(record(img_path='b.jpg'), without)


def test_paths_are_relative_to_the_image_folder_wherever_the_source_lies(folder, read):
    assert read_source(folder / 'd', folder)[0].path == 'd/b.jpg'
    for path in (str(folder / 'd' / 'b.jpg'), './x/../d/b.jpg'):
        assert read(record(img_path=path))[0].path == 'd/b.jpg'


@pytest.mark.parametrize('path', ['../a.jpg', 'd/../../a.jpg', '/etc/a.jpg', '..'])
def test_a_path_that_leaves_the_image_folder_is_refused(read, path):
    with pytest.raises(ValueError, match=r'line 1 of .* outside of the image folder .*imgs: '):
        read(record(img_path=path), bad_records='skip')


def test_a_name_that_begins_with_dots_is_inside(read):
    assert read(record(img_path='..a.jpg'))[0].path == '..a.jpg'


def test_nothing_left(read):
    with pytest.raises(ValueError, match=r'a\.jsonl holds no usable record'):
        read(record(captions=[]), bad_records='skip')


def test_a_source_that_is_not_there_is_answered_with_what_is(folder):
    with pytest.raises(FileNotFoundError, match=r'b\.csv does not exist; .* holds: imgs/'):
        read_source(folder.parent / 'b.csv', folder)


@pytest.fixture
def annotations():
    """Two images, one of unknown identity."""
    return [
        annotation('d/b.jpg', 'a man, in "red"', '女子 | he\nwalks', identity=3, split='val'),
        annotation('a.jpg', split='train'),
    ]


@pytest.fixture
def image_root(tmp_path, annotations):
    """A folder with the images."""
    for annotation in annotations:
        path = tmp_path / 'imgs' / annotation.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'picture {annotation.path}')
    return tmp_path / 'imgs'


@pytest.mark.parametrize('name', ['a.json', 'a.jsonl', 'a.ndjson', 'a.csv', 'new/a.CSV'])
def test_files_hold_everything(tmp_path, annotations, image_root, name):
    write_target(annotations, tmp_path / name, image_root)
    assert read_source(tmp_path / name, image_root) == annotations


def test_captions_are_written_beside_the_images(annotations, image_root):
    write_target(annotations, image_root, image_root)
    assert (image_root / 'd' / 'b.txt').read_text('utf-8') == 'a man, in "red"\n女子 | he walks\n'
    assert (image_root / 'a.txt').read_text('utf-8') == 'a man in red\n'
    assert len(read_source(image_root, image_root)) == 2


def test_another_folder_gets_copies_of_the_images(tmp_path, annotations, image_root):
    write_target(annotations, tmp_path / 'copy', image_root)
    assert (tmp_path / 'copy' / 'd' / 'b.jpg').read_text() == 'picture d/b.jpg'
    assert [found.path for found in read_source(tmp_path / 'copy', tmp_path / 'copy')] == [
        'a.jpg',
        'd/b.jpg',
    ]
    assert not list(image_root.rglob('*.txt'))


@pytest.mark.parametrize('there', ['a.txt', 'd/b.jpg'])
def test_a_folder_is_left_alone_if_one_file_of_it_is_there(
    tmp_path, annotations, image_root, there
):
    (tmp_path / 'copy' / there).parent.mkdir(parents=True)
    (tmp_path / 'copy' / there).write_text('precious')
    with pytest.raises(FileExistsError, match=f'{there} exists already, and nothing was written'):
        write_target(annotations, tmp_path / 'copy', image_root)
    assert len([path for path in (tmp_path / 'copy').rglob('*') if path.is_file()]) == 1
    write_target(annotations, tmp_path / 'copy', image_root, force=True)
    assert (tmp_path / 'copy' / there).read_text() != 'precious'


def test_an_image_that_is_not_there(tmp_path, annotations, image_root):
    (image_root / 'a.jpg').unlink()
    with pytest.raises(FileNotFoundError, match=r'1 of 2 images do not exist, such as .*a\.jpg; '):
        write_target(annotations, tmp_path / 'copy', image_root)
    assert not (tmp_path / 'copy').exists()


def test_images_that_would_share_a_file_of_captions(tmp_path, image_root):
    images = [annotation('a.jpg'), annotation('a.png')]
    with pytest.raises(ValueError, match=r'would share the captions of a\.txt; rename one'):
        write_target(images, tmp_path / 'copy', image_root)


def test_a_suffix_of_no_format(tmp_path, annotations, image_root):
    with pytest.raises(ValueError, match=r"has the suffix '\.xml', expected one of \.json, \.csv"):
        write_target(annotations, tmp_path / 'a.xml', image_root)


def test_a_folder_that_exists_may_have_a_suffix(tmp_path, annotations, image_root):
    (tmp_path / 'v1.2').mkdir()
    write_target(annotations, tmp_path / 'v1.2', image_root)
    assert (tmp_path / 'v1.2' / 'a.txt').is_file()


def test_what_is_written_has_a_record_a_line(tmp_path, annotations):
    write_target(annotations, tmp_path / 'a.json', tmp_path)
    lines = (tmp_path / 'a.json').read_text('utf-8').splitlines()
    assert [lines[0], lines[-1], len(lines)] == ['[', ']', 4]
    assert '"女子 | he\\nwalks"' in lines[1]
    write_target(annotations, tmp_path / 'a.csv', tmp_path)
    table = (tmp_path / 'a.csv').read_text('utf-8')
    assert table.startswith('img_path,split,id,caption\nd/b.jpg,val,3,"a man, in ""red"""\n')
    write_target(annotations[1:], tmp_path / 'b.csv', tmp_path)
    assert (tmp_path / 'b.csv').read_text() == 'img_path,split,caption\na.jpg,train,a man in red\n'
