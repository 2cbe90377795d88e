"""A warning of words that the tokenizer of a data set does not know."""

import logging
from collections import Counter
from collections.abc import Sequence

from mmengine.logging import print_log

from .transforms.tokenize import Vocabulary

SHOWN = 8

# Views of one split share their captions: one warning a process.
_seen: set[str] = set()


def warn_of_unknown_words(captions: Sequence[str], vocabulary: Vocabulary, name: str) -> None:
    """Say once how many words of captions are unknown, and which most often.

    Args:
        captions: All captions of a split.
        vocabulary: The tokenizer that reads them.
        name: What the captions are of; for the same name there is one warning.
    """
    if name in _seen:
        return
    _seen.add(name)
    unknown = Counter(word for caption in captions for word in vocabulary.unknown_words(caption))
    if not unknown:
        return
    total = sum(len(vocabulary.split(caption)) for caption in captions)
    frequent = ', '.join(f'{word!r} ({number:,})' for word, number in unknown.most_common(SHOWN))
    print_log(
        f'{name}: {unknown.total():,} of {total:,} words of the captions '
        f'({unknown.total() / total:.1%}) are unknown to {type(vocabulary).__name__}, which reads '
        f'them all alike; most often {frequent}. Give it your own words, words=FILE with one a '
        'line, or take a tokenizer that reads any word, such as OpenCLIPTokenizer.',
        logger='current',
        level=logging.WARNING,
    )
