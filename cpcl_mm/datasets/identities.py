"""Identities: numbers of people, or names that are numbered."""

import math
import re
from collections.abc import Iterable

UNKNOWN_IDENTITY = -1
UNKNOWN_NAMES = frozenset({'', '-1', '?', 'n/a', 'nan', 'none', 'null', 'unknown'})
# A column of whole numbers with gaps becomes one of floating-point numbers in many tools.
WHOLE = re.compile(r'(\d+)(\.0+)?')
MOST_DIGITS = 18
"""Whole numbers of as many digits fit into 64 bits."""


def read_identity(value: object) -> int | str:
    """Read the identity that a record has.

    Args:
        value: A whole number from 0, also as text or as a floating-point number; any other text,
            which is a name; or what stands for an unknown identity: None, -1, NaN, ``'unknown'``.

    Returns:
        The number, -1 where it is unknown; or the name. A number beyond 64 bits is a name.

    Raises:
        ValueError: The value is none of these.

    Examples:
        >>> [read_identity(value) for value in (7, '007', 7.0, '7.0', 'Ann', None)]
        [7, 7, 7, 7, 'Ann', -1]
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNKNOWN_IDENTITY
    # bool is a subclass of int, and never an identity.
    if not isinstance(value, int | str) or isinstance(value, bool):
        raise ValueError('is neither a whole number nor a name')
    text = str(value).strip()
    if text.lower() in UNKNOWN_NAMES:
        return UNKNOWN_IDENTITY
    if whole := WHOLE.fullmatch(text):
        digits = whole[1].lstrip('0') or '0'
        return int(digits) if len(digits) <= MOST_DIGITS else digits
    if text.startswith('-'):
        raise ValueError('begins with a minus sign')
    return text


def number_names(identities: Iterable[int | str]) -> dict[str, int]:
    """Give numbers to the names among identities, above all numbers, in the order of the alphabet.

    Examples:
        >>> number_names([3, 'Bea', 'Ann', 'Bea'])
        {'Ann': 4, 'Bea': 5}
    """
    given = set(identities)
    first = 1 + max((number for number in given if isinstance(number, int)), default=-1)
    names = sorted(name for name in given if isinstance(name, str))
    return {name: number for number, name in enumerate(names, max(first, 0))}
