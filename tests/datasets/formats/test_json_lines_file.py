"""One JSON object a line, and errors that name the line."""

import pytest

from cpcl_mm.datasets.formats import format_json_lines, read_json_lines


@pytest.fixture
def read(tmp_path):
    """Read a file with some content."""

    def write_and_read(content):
        (tmp_path / 'a.jsonl').write_bytes(content.encode())
        return read_json_lines(tmp_path / 'a.jsonl')

    return write_and_read


@pytest.mark.parametrize('end', ['\n', '\r\n'], ids=['Unix', 'Windows'])
def test_every_line_is_an_item_and_its_place(read, end):
    annotations = read(f'{{"a": 1}}{end}{end}  {end}{{"b": "女"}}')
    assert annotations.items == [{'a': 1}, {'b': '女'}]
    assert [annotations.place(number) for number in (0, 1)] == ['line 1', 'line 4']


def test_a_separator_within_a_caption_is_no_line_break(read):
    records = [{'captions': ['a man\u2028in red', 'he\x85walks\nslowly']}]
    assert read(format_json_lines(records)).items == records


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('{"a": 1}\n\n{"b": 2,}\n', r'line 3 of .*a\.jsonl is not JSON: .* at column 9\. Each'),
        ('[\n{"a": 1}\n]\n', r'line 1 of .* a file that is one JSON list has the suffix \.json\.'),
        ('\n \n', r'a\.jsonl has no line with an object: no image to load'),
        ('', 'no image to load'),
    ],
    ids=['a comma too many', 'a JSON list', 'empty lines', 'empty'],
)
def test_other_content_is_refused(read, content, message):
    with pytest.raises(ValueError, match=message):
        read(content)


def test_another_encoding_is_refused(tmp_path):
    (tmp_path / 'a.jsonl').write_bytes(b'{}\n{"caption": "caf\xe9"}\n')
    with pytest.raises(ValueError, match=r'a\.jsonl is not UTF-8 text \(line 2'):
        read_json_lines(tmp_path / 'a.jsonl')


def test_what_is_written_has_a_record_a_line():
    assert format_json_lines([{'a': '女'}, {'b': [1]}]) == '{"a": "女"}\n{"b": [1]}\n'
