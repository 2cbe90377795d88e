"""Text is read as UTF-8, and a file that is not is named with the line."""

import pytest

from cpcl_mm.utils.text_file import read_text_file


@pytest.mark.parametrize('mark', [b'', b'\xef\xbb\xbf'], ids=['plain', 'byte order mark'])
def test_reads_any_script_and_leaves_line_breaks(tmp_path, mark):
    path = tmp_path / 'a.txt'
    path.write_bytes(mark + '女子\r\ncafé\n'.encode())
    assert read_text_file(path) == '女子\r\ncafé\n'


@pytest.mark.parametrize(
    ('content', 'line'),
    [(b'a\nb\ncaf\xe9\n', 3), ('Ünicode'.encode('utf-16'), 1)],
    ids=['Latin-1', 'UTF-16'],
)
def test_other_encodings_are_refused_with_the_line(tmp_path, content, line):
    path = tmp_path / 'a.txt'
    path.write_bytes(content)
    message = rf'a\.txt is not UTF-8 text \(line {line}: .*save it as UTF-8'
    with pytest.raises(ValueError, match=message):
        read_text_file(path)
