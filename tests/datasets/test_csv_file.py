"""A table becomes one record per row, and errors name its lines and columns."""

import pytest

from cpcl_mm.datasets.csv_file import read_csv
from cpcl_mm.datasets.names import RecordKeys


@pytest.fixture
def read(tmp_path):
    """Read a table with some content."""

    def write_and_read(content, keys=None):
        (tmp_path / 'a.csv').write_bytes(content.encode())
        return read_csv(tmp_path / 'a.csv', keys or RecordKeys())

    return write_and_read


def test_every_row_is_a_record_and_its_line_is_known(read):
    lines, records = read(
        'img_path,caption,split\na.jpg,one,train\nb.jpg,two,val\n\na.jpg,"th,ree",train\n'
    )
    assert records == [
        {'img_path': 'a.jpg', 'caption': 'one', 'split': 'train'},
        {'img_path': 'b.jpg', 'caption': 'two', 'split': 'val'},
        {'img_path': 'a.jpg', 'caption': 'th,ree', 'split': 'train'},
    ]
    assert lines == [2, 3, 5]


def test_a_cell_of_captions_holds_several(read):
    _, (item,) = read('img_path,captions\na.jpg," a man | , he walks|she runs"\n')
    assert item['captions'] == ['a man', ', he walks', 'she runs']


def test_a_cell_of_one_caption_is_taken_as_it_is(read):
    _, (item,) = read('img_path,caption\na.jpg,"a man | he ""walks""\nslowly"\n')
    assert item['caption'] == 'a man | he "walks"\nslowly'


def test_columns_stand_in_any_order_with_others_between(read):
    _, (item,) = read('id,  note,caption , split,img_path\n 7,x,a man, train ,a.jpg\n')
    assert item == {
        'img_path': 'a.jpg',
        'caption': 'a man',
        'split': 'train',
        'id': '7',
        'note': 'x',
    }


def test_empty_cells_of_split_and_identity_say_nothing(read):
    _, (item,) = read('img_path,caption,split,id\na.jpg,a man,, \n')
    assert item == {'img_path': 'a.jpg', 'caption': 'a man'}


@pytest.mark.parametrize('end', ['\n', '\r\n', '\r'], ids=['Unix', 'Windows', 'old Macintosh'])
def test_empty_lines_and_rows_of_empty_cells_are_passed_over(read, end):
    lines = ['img_path,caption', '', 'a.jpg,one', ',', 'b.jpg,two', '']
    numbers, records = read(end.join(lines))
    assert [record['img_path'] for record in records] == ['a.jpg', 'b.jpg']
    assert numbers == [3, 5]


@pytest.mark.parametrize(
    ('header', 'message'),
    [
        (
            'file,caption',
            r"has no column 'img_path'; its columns, .* are: file, caption\. .*image_key",
        ),
        (
            'img_path;caption',
            r"no column 'img_path'; .* are: img_path;caption\. Separate columns by",
        ),
        ('img_path,text', r"needs the column 'caption' .* or 'captions' .* are: img_path, text\."),
        (
            'img_path,caption,captions',
            r"'caption' \(one caption a row\) or 'captions' .*one of them",
        ),
        ('img_path,caption,id,id', r"has several columns 'id'"),
        ('', "has no column 'img_path'; .* are: none"),
    ],
    ids=['no path', 'semicolons', 'no caption', 'two of captions', 'a repeated one', 'empty'],
)
def test_wrong_columns_are_answered_with_those_there_and_those_expected(read, header, message):
    with pytest.raises(ValueError, match=message):
        read(f'{header}\na.jpg,a man\n' if header else '')


def test_captions_have_the_column_that_their_key_names(read):
    keys = RecordKeys.named(image='file', captions='text')
    assert read('file,text\na.jpg,one|two\n', keys)[1] == [
        {'file': 'a.jpg', 'text': ['one', 'two']}
    ]
    assert read('file,caption\na.jpg,one|two\n', keys)[1] == [
        {'file': 'a.jpg', 'caption': 'one|two'}
    ]


@pytest.mark.parametrize(
    ('row', 'found'),
    [('b.jpg,a man, walking,train', 4), ('b.jpg,a man', 2)],
    ids=['a comma outside of quotes', 'a cell missing'],
)
def test_a_row_of_another_length_is_named(read, row, found):
    with pytest.raises(ValueError) as error:
        read(f'img_path,caption,split\na.jpg,"two\nlines",val\n{row}\n')
    assert f'has {found} cells, expected 3 (img_path, caption, split)' in str(error.value)
    assert str(error.value).startswith('line 4 of ')
    assert 'stands in double quotes' in str(error.value)


@pytest.mark.parametrize(
    ('row', 'reason'),
    [('b.jpg,"a man', 'unexpected end of data'), ('b.jpg,"a" man', "',' expected after '\"'")],
    ids=['never closed', 'closed early'],
)
def test_wrong_quotes_are_named_with_the_line_where_the_row_begins(read, row, reason):
    with pytest.raises(ValueError) as error:
        read(f'img_path,caption\na.jpg,one\n{row}\nc.jpg,three\n')
    assert str(error.value).startswith('line 3 of ')
    assert f'is wrongly quoted: {reason}' in str(error.value)
    assert 'written twice' in str(error.value)


def test_a_table_without_rows_is_refused(read):
    with pytest.raises(ValueError, match=r'a\.csv has no row below its column names'):
        read('img_path,caption\n\n,\n')


def test_another_encoding_is_refused(tmp_path):
    (tmp_path / 'a.csv').write_bytes('img_path,caption\na.jpg,café\n'.encode('latin-1'))
    with pytest.raises(ValueError, match=r'a\.csv is not UTF-8 text \(line 2'):
        read_csv(tmp_path / 'a.csv', RecordKeys())
