"""Files and folders are read into the same annotations, or what is wrong is named."""

import json

import pytest

from cpcl_mm.datasets.conversion import Annotation, read_source
from cpcl_mm.datasets.records import RecordKeys


@pytest.fixture
def folder(tmp_path):
    """An image folder: captions beside one image, none beside another."""
    (tmp_path / 'imgs' / 'd').mkdir(parents=True)
    for name in ('a.jpg', 'd/b.jpg'):
        (tmp_path / 'imgs' / name).touch()
    (tmp_path / 'imgs' / 'd' / 'b.txt').write_text('a man\nhe walks\n')
    return tmp_path / 'imgs'


@pytest.fixture
def read(tmp_path, record):
    """Write records to a file of JSON lines and read it as a source."""

    def write_and_read(*records, **settings):
        (tmp_path / 'a.jsonl').write_text(''.join(f'{json.dumps(each)}\n' for each in records))
        return read_source(tmp_path / 'a.jsonl', tmp_path / 'imgs', **settings)

    return write_and_read


def test_records_of_all_splits_in_the_order_of_the_file(read, record):
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
    keys = RecordKeys('file', 'text', 'person', 'part')
    (found,) = read({'file': 'a.jpg', 'text': ['x'], 'person': 3, 'part': 'val'}, keys=keys)
    assert found == Annotation('a.jpg', ('x',), 3, 'val')


def test_a_source_may_have_no_splits_but_not_some(read, record):
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


def test_paths_are_relative_to_the_image_folder_wherever_the_source_lies(folder, read, record):
    assert read_source(folder / 'd', folder)[0].path == 'd/b.jpg'
    for path in (str(folder / 'd' / 'b.jpg'), './x/../d/b.jpg'):
        assert read(record(img_path=path))[0].path == 'd/b.jpg'


@pytest.mark.parametrize('path', ['../a.jpg', 'd/../../a.jpg', '/etc/a.jpg', '..'])
def test_a_path_that_leaves_the_image_folder_is_refused(read, record, path):
    with pytest.raises(ValueError, match=r'line 1 of .* outside of the image folder .*imgs: '):
        read(record(img_path=path), bad_records='skip')


def test_a_name_that_begins_with_dots_is_inside(read, record):
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
def test_an_unsound_record_is_named_by_its_line(read, record, change, message):
    with pytest.raises(ValueError, match=message):
        read(record(**change))


def test_two_lines_of_one_image(read, record):
    (found,) = read(record(captions=['a man']), record(captions=['he walks']))
    assert found.captions == ('a man', 'he walks')
    with pytest.raises(ValueError, match=r'line 2 of .* shows the same image as line 1'):
        read(record(), record(split='test'))


def test_nothing_left(read, record):
    with pytest.raises(ValueError, match=r'a\.jsonl holds no usable record'):
        read(record(captions=[]), bad_records='skip')


def test_a_source_that_is_not_there_is_answered_with_what_is(folder):
    with pytest.raises(FileNotFoundError, match=r'b\.csv does not exist; .* holds: imgs/'):
        read_source(folder.parent / 'b.csv', folder)


def test_items_that_are_no_objects(read):
    with pytest.raises(ValueError, match='no record of .* has the key'):
        read(3)
