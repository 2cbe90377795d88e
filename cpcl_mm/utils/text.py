"""What counts as text, and lists that are cut to a sentence."""

from collections.abc import Iterable


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
    """Write a list, cut to its first items.

    Args:
        items (Iterable[str]): The items.
        limit (int): The most that are written. Defaults to 5.

    Returns:
        str: The items and the number of the others; ``'none'`` if there are none.

    Examples:
        >>> first_few('abc', limit=2), first_few([])
        ('a, b and 1 more', 'none')
    """
    items = list(items)
    rest = f' and {len(items) - limit} more' if len(items) > limit else ''
    return (', '.join(items[:limit]) or 'none') + rest
