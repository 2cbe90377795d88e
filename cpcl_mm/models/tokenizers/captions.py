"""What every tokenizer asks of its captions."""

from collections.abc import Sequence

from cpcl_mm.utils.text import has_words, why_no_words


def as_captions(texts: str | Sequence[str]) -> list[str]:
    """Make a list of one or more captions, each with text in it.

    Args:
        texts: A caption or a sequence of captions.

    Returns:
        The captions as a list.

    Raises:
        TypeError: A caption is no string.
        ValueError: A caption holds no letter and no digit.
    """
    captions = [texts] if isinstance(texts, str) else list(texts)
    for number, caption in enumerate(captions):
        if not isinstance(caption, str):
            raise TypeError(f'caption {number} is {caption!r}, expected a string')
        if not has_words(caption):
            raise ValueError(
                f'caption {number} of {len(captions)} {why_no_words(caption)} ({caption!r}): '
                'there is nothing to tokenize; remove it from the annotation file'
            )
    return captions
