"""What can be asked for in words."""

from collections.abc import Sequence

from cpcl_mm.utils.printable import is_unicode
from cpcl_mm.utils.text import has_words, why_no_words

MAX_CHARACTERS = 2000
"""Several times what a text tower reads, and little enough for any tokenizer."""


def check_queries(texts: Sequence[str]) -> None:
    """Refuse what no search can answer.

    Args:
        texts (Sequence[str]): Sentences.

    Raises:
        TypeError: If one is no string.
        ValueError: If there is none, or one has no word in it or more than ``MAX_CHARACTERS``.
    """
    if not texts:
        raise ValueError('there is no query: give a sentence, such as "a man in a red jacket"')
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f'query {number} is {text!r}, expected a string')
        if not is_unicode(text):
            raise ValueError(f'query {number} is not UTF-8 ({text[:40]!r}): type it again')
        if not has_words(text):
            raise ValueError(
                f'query {number} {why_no_words(text)} ({text[:40]!r}): describe a person in words'
            )
        if len(text) > MAX_CHARACTERS:
            raise ValueError(
                f'query {number} has {len(text):,} characters, {text[:40]!r}..., and a text tower '
                f'reads a few hundred: describe the person in less than {MAX_CHARACTERS:,}'
            )
