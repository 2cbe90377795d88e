"""Which texts hold words."""

import pytest

from cpcl_mm.utils.text import has_words


@pytest.mark.parametrize('text', ['a man', '7', '  é', '女子'])
def test_letters_and_digits_of_any_script_are_words(text):
    assert has_words(text)


@pytest.mark.parametrize('text', ['', ' \n\t', '...', '_-!'])
def test_space_and_punctuation_are_none(text):
    assert not has_words(text)
