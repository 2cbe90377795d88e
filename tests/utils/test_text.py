"""Which texts hold words."""

import pytest

from cpcl_mm.utils.text import has_words, is_unicode, one_line, printable, read_text_file


@pytest.mark.parametrize('text', ['a man', '7', '  é', '女子'])
def test_letters_and_digits_of_any_script_are_words(text):
    assert has_words(text)


@pytest.mark.parametrize('text', ['', ' \n\t', '...', '_-!'])
def test_space_and_punctuation_are_none(text):
    assert not has_words(text)


def test_what_is_no_unicode_is_told_and_can_be_shown():
    # Bytes of a name in Latin-1, and half of an emoji.
    for text, shown in (('caf\udce9', 'caf\\udce9'), ('\ud83d', '\\ud83d')):
        assert not is_unicode(text)
        assert printable(text) == shown
    assert is_unicode('女 café 👖')
    assert printable('女 café 👖') == '女 café 👖'


def test_a_name_stays_on_its_line_and_does_nothing_to_a_terminal():
    assert one_line('a\n\tb\x1b[2J\x9b.jpg') == r'a\n\tb\x1b[2J\x9b.jpg'
    assert one_line('女 café 👖.jpg') == '女 café 👖.jpg'


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
