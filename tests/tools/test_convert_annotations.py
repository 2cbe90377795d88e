"""From one format of annotations to another, from the command line."""

import json
import re
import runpy
import shutil
from collections import Counter
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from cpcl_mm.datasets.names import RecordKeys
from cpcl_mm.registry import DATASETS

TOOL = runpy.run_path(str(Path(__file__).parents[2] / 'tools' / 'convert_annotations.py'))
main, Annotation, read_source = TOOL['main'], TOOL['Annotation'], TOOL['read_source']
make_splits, number_images, write_target = (
    TOOL[name] for name in ('make_splits', 'number_images', 'write_target')
)
identities_from_paths, splits_from_paths = (
    TOOL[name] for name in ('identities_from_paths', 'splits_from_paths')
)
count_splits, find_gaps = TOOL['count_splits'], TOOL['find_gaps']


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
    assert 'warning: there is no split test, only train, val.' in warnings
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


READERS = [identities_from_paths, splits_from_paths]


def test_whole_numbers_are_identities_as_they_are():
    images = [annotation(path) for path in ('0012_c1.jpg', '0003_c1.jpg', '0012_c2.jpg')]
    found = identities_from_paths(images, r'^(\d+)_')
    assert [image.identity for image in found] == [12, 3, 12]
    assert [image.path for image in found] == [image.path for image in images]


def test_numbers_beyond_64_bits_are_numbered():
    images = [annotation(path) for path in (f'{10**20}_1.jpg', '3_1.jpg', f'{10**20}_2.jpg')]
    found = identities_from_paths(images, r'^(\d+)_')
    assert [image.identity for image in found] == [4, 3, 4]


def test_other_names_are_numbered_in_the_order_of_the_alphabet():
    images = [annotation(path) for path in ('zoe/1.jpg', 'ann/1.jpg', 'zoe/2.jpg', '7/1.jpg')]
    found = identities_from_paths(images, '^([^/]+)/')
    assert [image.identity for image in found] == [2, 1, 2, 0]


def test_the_split_is_a_folder():
    images = [annotation('training/1.jpg'), annotation('test/d/1.jpg')]
    found = splits_from_paths(images, '^([^/]+)/')
    assert [image.split for image in found] == ['train', 'test']


@pytest.mark.parametrize('read', READERS)
@pytest.mark.parametrize(
    ('pattern', 'message'),
    [
        ('([', r"'\(\[' is no regular expression: "),
        ('a', r"'a' has 0 groups in parentheses, expected one"),
        ('(a)(b)', r'has 2 groups in parentheses, expected one; further ones .* \(\?:'),
        ('(b)', r"'\(b\)' finds nothing in 'a\.jpg'"),
        ('a(b?)', r"finds nothing in 'a\.jpg'"),
        ('(b)?a', r"finds nothing in 'a\.jpg'"),
    ],
)
def test_a_pattern_that_does_not_fit_is_named(read, pattern, message):
    with pytest.raises(ValueError, match=f'--(id|split)-pattern .*{message}'):
        read([annotation()], pattern)


@pytest.mark.parametrize('read', READERS)
def test_what_is_known_already_is_not_replaced(read):
    known = annotation(identity=0, split='train')
    with pytest.raises(ValueError, match='has (identities|splits) already; leave it out'):
        read([known], '(a)')


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


def test_keys_of_another_schema(read):
    keys = RecordKeys.named('file', 'text', 'person', 'part')
    (found,) = read({'file': 'a.jpg', 'text': ['x'], 'person': 3, 'part': 'val'}, keys=keys)
    assert found == Annotation('a.jpg', ('x',), 3, 'val')


def test_a_source_may_have_no_splits_but_not_some(read):
    without = {key: value for key, value in record().items() if key != 'split'}
    assert read(without)[0].split == ''
    with pytest.raises(ValueError, match=r"line 2 of .*a\.jsonl has no key 'split'"):
        read(record(img_path='b.jpg'), without)


def test_captions_beside_images(folder):
    (folder / 'a.txt').write_text('a girl')
    assert read_source(folder, folder) == [
        Annotation('a.jpg', ('a girl',)),
        Annotation('d/b.jpg', ('a man', 'he walks')),
    ]


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


def test_an_image_without_a_file_of_captions(folder):
    with pytest.raises(ValueError) as error:
        read_source(folder, folder)
    assert str(error.value) == (
        f'image a.jpg (there is no a.txt) of {folder} has no caption (captions = []); add one or '
        "remove the record. Unusable records in all: 1 of 2; bad_records='skip' leaves them out."
    )


def test_unusable_records_are_skipped_with_a_warning(folder, logged):
    assert [found.path for found in read_source(folder, folder, bad_records='skip')] == ['d/b.jpg']
    assert 'skipped 1 of 2 unusable records' in logged[0]
    assert 'a.jpg (there is no a.txt) has no caption' in logged[0]


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'captions': ['a man', '']}, r"line 1 of .* has captions\[1\] = '', which is empty"),
        ({'id': -7}, 'line 1 of .* has id = -7, which begins with a minus'),
        ({'img_path': ''}, r"line 1 of .* has img_path = '', expected a non-empty string"),
    ],
)
def test_an_unsound_record_is_named_by_its_line(read, change, message):
    with pytest.raises(ValueError, match=message):
        read(record(**change))


def test_two_lines_of_one_image(read):
    (found,) = read(record(captions=['a man']), record(captions=['he walks']))
    assert found.captions == ('a man', 'he walks')
    with pytest.raises(ValueError, match=r'line 2 of .* shows the same image as line 1'):
        read(record(), record(split='test'))


def test_nothing_left(read):
    with pytest.raises(ValueError, match=r'a\.jsonl holds no usable record'):
        read(record(captions=[]), bad_records='skip')


def test_a_source_that_is_not_there_is_answered_with_what_is(folder):
    with pytest.raises(FileNotFoundError, match=r'b\.csv does not exist; .* holds: imgs/'):
        read_source(folder.parent / 'b.csv', folder)


def test_items_that_are_no_objects(read):
    with pytest.raises(ValueError, match='no record of .* has the key'):
        read(3)


@pytest.fixture
def people():
    """Ten people with two images each, the images of a person apart."""
    return [
        annotation(f'{k}_{person}.jpg', identity=person) for k in (0, 1) for person in range(10)
    ]


def test_all_images_of_an_identity_are_in_one_split(people):
    made = make_splits(people, val=0.2, test=0.3)
    homes = {(image.identity, image.split) for image in made}
    assert len(homes) == 10
    assert Counter(split for _, split in homes) == {'train': 5, 'val': 2, 'test': 3}
    assert [image.path for image in made] == [image.path for image in people]


def test_images_of_unknown_identity_are_shared_out_one_by_one():
    made = make_splits([annotation(f'{n}.jpg') for n in range(20)], val=0.1, test=0.25)
    assert Counter(image.split for image in made) == {'train': 13, 'val': 2, 'test': 5}


def test_an_unknown_identity_is_not_one_identity():
    mixed = [annotation(f'{n}.jpg', identity=3) for n in range(5)]
    mixed += [annotation(f'x{n}.jpg') for n in range(4)]
    made = make_splits(mixed, test=0.4)
    assert len({image.split for image in made[:5]}) == 1
    groups = {image.path if image.identity < 0 else image.identity: image.split for image in made}
    assert Counter(groups.values()) == {'train': 3, 'test': 2}


def test_the_seed_decides_and_nothing_else(people):
    first, again, other = (make_splits(people, 0.3, 0.3, seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_a_small_share_is_one_identity_at_least(people):
    made = make_splits(people, val=0.001)
    assert Counter(image.split for image in made) == {'train': 18, 'val': 2}


def test_without_shares_all_is_for_training(people):
    assert {image.split for image in make_splits(people)} == {'train'}


def test_splits_that_are_there_stay():
    images = [annotation(split='gallery')]
    assert make_splits(images) == images
    with pytest.raises(ValueError, match=r'--val 0\.1 --test 0\.0: the source has splits already'):
        make_splits(images, val=0.1)


@pytest.mark.parametrize(
    ('val', 'test', 'message'),
    [
        (0.5, 0.5, r'--val 0\.5 --test 0\.5 leave none of 10 identities .* smaller shares'),
        (1.0, 0, r'--val 1\.0 is no share: give at least 0 and less than 1'),
        (0, -0.1, r'--test -0\.1 is no share'),
        (float('nan'), 0, '--val nan is no share'),
    ],
)
def test_shares_that_leave_nothing_to_train_on(people, val, test, message):
    with pytest.raises(ValueError, match=message):
        make_splits(people, val, test)


def test_every_image_that_is_evaluated_can_be_its_own_identity():
    images = [
        annotation('a.jpg', split='train'),
        annotation('b.jpg', split='val'),
        annotation('c.jpg', split='test', identity=7),
        annotation('d.jpg', split='test'),
    ]
    assert [image.identity for image in number_images(images)] == [-1, 8, 7, 9]
    assert [image.identity for image in number_images(images[:2])] == [-1, 0]


def test_counts_are_by_split_in_the_usual_order():
    images = [
        annotation('a.jpg', split='extra', identity=1),
        annotation('b.jpg', split='test', identity=4),
        annotation('c.jpg', 'one', 'two', split='train', identity=3),
        annotation('d.jpg', split='train', identity=3),
        annotation('e.jpg', split='train'),
    ]
    assert count_splits(images) == [
        'train: 1 identities, 3 images, 4 captions (1 images of unknown identity)',
        'test: 1 identities, 1 images, 1 captions',
        'extra: 1 identities, 1 images, 1 captions',
    ]


@pytest.fixture
def complete():
    """One image for each split, with what that split needs."""
    return [
        annotation('a.jpg', split='train'),
        annotation('b.jpg', split='val', identity=0),
        annotation('c.jpg', split='test', identity=1),
    ]


def test_complete_annotations_have_no_gap(complete):
    assert find_gaps(complete) == []


def test_a_split_that_is_not_there(complete):
    (gap,) = find_gaps(complete[:1])
    assert gap.startswith('there is no split val or test, only train.')
    assert '--split-key none --val 0.1 --test 0.1 makes them anew' in gap


def test_splits_of_other_names_are_named_with_what_to_set():
    images = [annotation('a.jpg', split='train'), annotation('b.jpg', split='gallery', identity=1)]
    (gap,) = find_gaps(images)
    assert gap.startswith('there is no split val or test, only train, gallery.')
    assert gap.endswith('or set split=... of the data sets in the config.')


def test_evaluation_without_identities(complete):
    (gap,) = find_gaps([*complete, annotation('d.jpg', split='val')])
    assert gap.startswith('1 of the 2 images of val have no identity')
    assert '--image-is-identity' in gap


def test_an_identity_in_several_splits(complete):
    (gap,) = find_gaps([*complete, annotation('d.jpg', split='train', identity=1)])
    assert gap.startswith('1 identities are in several splits, identity 1 in test and train')


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


def test_a_map_from_images_to_captions_gets_splits(tmp_path, convert):
    images = {f'{person:04d}_{n}.jpg': ['一个男子', 'a man'] for person in range(8) for n in (0, 1)}
    (tmp_path / 'map.json').write_text(json.dumps(images))
    options = ('--val', 0.25, '--test', 0.25, '--id-pattern', r'^(\d+)_')
    out, _ = convert(tmp_path / 'map.json', tmp_path / 'a.jsonl', *options)
    assert out.startswith('train: 4 identities, 8 images, 16 captions\nval: 2 identities, 4 images')
    assert records(tmp_path / 'a.jsonl')[0]['captions'] == ['一个男子', 'a man']
