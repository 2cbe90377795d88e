"""Which texts hold words, and which can be written."""

import pytest

from cpcl_mm.utils.text import has_words, is_unicode, one_line, printable


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
