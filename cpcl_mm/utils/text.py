"""What counts as text."""


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
