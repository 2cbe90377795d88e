"""What counts as text."""


def has_words(text: str) -> bool:
    """Tell whether a text holds a letter or a digit, of any script.

    Examples:
        >>> has_words('女 in red'), has_words(' ... ')
        (True, False)
    """
    return any(map(str.isalnum, text))
