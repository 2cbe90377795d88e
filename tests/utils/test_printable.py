"""Which texts can be written, and how all others are shown."""

from cpcl_mm.utils.printable import is_unicode, one_line, printable


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
