"""Text that can be written anywhere, whatever names of files hold."""

import io
import re
import sys

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
