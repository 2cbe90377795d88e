"""Texts: what counts as one, how it is read, and how it is written anywhere."""

import io
import re
import sys
from collections.abc import Iterable
from pathlib import Path


def why_no_words(text: str) -> str:
    """Say what is wrong with a text without words, as the rest of a sentence about it."""
    return 'holds no letter and no digit' if text.strip() else 'is empty'


def has_words(text: str) -> bool:
    """Tell whether a text holds a letter or a digit, of any script.

    Examples:
        >>> has_words('女 in red'), has_words(' ... ')
        (True, False)
    """
    return any(map(str.isalnum, text))


def first_few(items: Iterable[str], limit: int = 5) -> str:
    """Write a list, cut to its first items, with the number of the others.

    Examples:
        >>> first_few('abc', limit=2), first_few([])
        ('a, b and 1 more', 'none')
    """
    items = list(items)
    rest = f' and {len(items) - limit} more' if len(items) > limit else ''
    return (', '.join(items[:limit]) or 'none') + rest


CONTROL = re.compile(r'[\x00-\x1f\x7f-\x9f]')


def print_anything() -> None:
    """Let printing never fail: what the terminal cannot show is shown as a number."""
    # Of stderr it is so already: no name of a file may end a tool in the middle of a table.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors='backslashreplace')


def is_unicode(text: str) -> bool:
    r"""Tell whether a text can be written as UTF-8, which names of old archives often cannot.

    Python carries bytes that are no UTF-8 as single surrogates, and JSON may hold half a pair.

    Examples:
        >>> is_unicode('café.jpg'), is_unicode('caf\udce9.jpg')
        (True, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def printable(text: str) -> str:
    r"""Make a text that can be written anywhere: what is no Unicode is shown as a number.

    Examples:
        >>> print(printable('caf\udce9.jpg'))
        caf\udce9.jpg
    """
    return text.encode('utf-8', 'backslashreplace').decode()


def one_line(text: str) -> str:
    r"""Make a name printable on one line of a terminal, whose control characters it may hold.

    Examples:
        >>> print(one_line('a\nb\x1b[2J.jpg'))
        a\nb\x1b[2J.jpg
    """
    return CONTROL.sub(lambda match: repr(match[0])[1:-1], printable(text))


def read_text_file(path: Path) -> str:
    """Read a UTF-8 file, with or without byte order mark; line breaks stay as they are.

    Raises:
        ValueError: The file is not UTF-8; names the line of the first bad byte.
    """
    content = path.read_bytes()
    try:
        return content.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        line = content.count(b'\n', 0, error.start) + 1
        raise ValueError(
            f'{path} is not UTF-8 text (line {line}: {error}); save it as UTF-8.'
        ) from error
