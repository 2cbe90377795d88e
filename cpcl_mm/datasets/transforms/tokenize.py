"""From a caption to token ids, in the worker process."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from mmcv.transforms import BaseTransform
from mmengine.logging import print_log

from cpcl_mm.registry import TOKENIZERS, TRANSFORMS

SHOWN = 8

# Views of one split share their captions: one warning a process.
_seen: set[str] = set()


@TRANSFORMS.register_module()
class Tokenize(BaseTransform):
    """Turn the caption of an item into token ids; pass items without a caption through.

    Required key: none. Read key: ``caption``. Added key: ``text``, an int64 tensor (L,).

    Args:
        tokenizer: Config of a tokenizer, or a callable that maps a list of n strings to an
            int64 tensor (n, L).
    """

    def __init__(self, tokenizer: Mapping[str, Any] | Callable) -> None:
        self.tokenizer: Callable = (
            TOKENIZERS.build(tokenizer) if isinstance(tokenizer, Mapping) else tokenizer
        )

    def transform(self, results: dict) -> dict:
        """Add ``text`` to an item with a caption."""
        if 'caption' in results:
            results['text'] = self.tokenizer([results['caption']])[0]
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(tokenizer={self.tokenizer})'


@runtime_checkable
class Vocabulary(Protocol):
    """A tokenizer of whole words, which does not know every word."""

    def split(self, text: str) -> list[str]:
        """Split a text into words."""

    def unknown_words(self, text: str) -> list[str]:
        """List the words of a text that the tokenizer does not know."""


def vocabulary_of(steps: Iterable[Callable]) -> Vocabulary | None:
    """Find the tokenizer of a built pipeline; None where there is none, or it reads any text."""
    for step in steps:
        if isinstance(step, Tokenize) and isinstance(step.tokenizer, Vocabulary):
            return step.tokenizer
    return None


def warn_of_unknown_words(captions: Sequence[str], vocabulary: Vocabulary, name: str) -> None:
    """Say once for a name how many words of captions are unknown, and which most often."""
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
