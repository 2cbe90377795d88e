"""A tokenizer of whole words with a small vocabulary."""

import re
from collections.abc import Sequence
from pathlib import Path

import torch

from cpcl_mm.registry import TOKENIZERS
from cpcl_mm.synthetic import vocabulary
from cpcl_mm.utils.text import has_words, why_no_words

# A word may hold apostrophes and hyphens: t-shirt, man's.
WORD = re.compile(r"\w+(?:[-'’]\w+)*")


@TOKENIZERS.register_module()
class WordTokenizer:
    """Map each lower-case word to one token id.

    Made for the built-in data set, whose captions use few words: CLIP's embedding of 49,408
    tokens would be most of a small model.

    Ids: 0 pads, 1 is an unknown word, then the words, start of text, end of text. End of text
    has the highest id because CLIP's text tower takes its feature where the id is highest.
    Captions longer than the context are cut; start and end of text stay.

    Attributes:
        vocab_size: Number of ids: the words and the four special tokens.
        special_ids: Ids that are no text: padding, start and end.
        mask_id: Id of a masked word, which is unknown.

    Args:
        words: The vocabulary: words, or a file with one word a line. None takes the words of
            the built-in data set.
        context_length: Tokens per caption, start and end of text included.

    Raises:
        ValueError: A word is not one lower-case word or occurs twice, or there is none, or the
            context has no room for a word.
        FileNotFoundError: The file of words does not exist.
    """

    PAD = 0
    UNKNOWN = 1

    def __init__(
        self, words: Sequence[str] | str | Path | None = None, context_length: int = 40
    ) -> None:
        if context_length < 3:
            raise ValueError(f'context_length={context_length}: start, a word and end need 3')
        self.words = _checked(_load_words(words))
        self.context_length = context_length
        self._ids = {word: number for number, word in enumerate(self.words, self.UNKNOWN + 1)}
        self.vocab_size = len(self.words) + 4
        self.start, self.end = self.vocab_size - 2, self.vocab_size - 1
        self.special_ids = (self.PAD, self.start, self.end)
        self.mask_id = self.UNKNOWN

    def __call__(self, texts: str | Sequence[str]) -> torch.Tensor:
        """Tokenize a caption, or n captions, to int64 ids (n, context_length).

        Raises:
            ValueError: A caption is empty.
        """
        captions = as_captions(texts)
        tokens = torch.full((len(captions), self.context_length), self.PAD, dtype=torch.long)
        for row, caption in zip(tokens, captions, strict=True):
            words = self.split(caption)[: self.context_length - 2]
            ids = [self.start, *(self._ids.get(word, self.UNKNOWN) for word in words), self.end]
            row[: len(ids)] = torch.tensor(ids)
        return tokens

    def split(self, text: str) -> list[str]:
        """Split a text into the words that are looked up."""
        return WORD.findall(text.lower())

    def unknown_words(self, text: str) -> list[str]:
        """List the words of a text that the vocabulary lacks, in their order."""
        return [word for word in self.split(text) if word not in self._ids]


def as_captions(texts: str | Sequence[str]) -> list[str]:
    """Make a list of one or more captions, each with text in it.

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


def _load_words(words: Sequence[str] | str | Path | None) -> tuple[str, ...]:
    if words is None:
        return tuple(vocabulary())
    if isinstance(words, str | Path):
        if not Path(words).is_file():
            raise FileNotFoundError(f'the file of words {words} does not exist')
        return tuple(Path(words).read_text(encoding='utf-8').split())
    return tuple(words)


def _checked(words: tuple[str, ...]) -> tuple[str, ...]:
    if not words:
        raise ValueError('the vocabulary holds no word')
    split = [word for word in words if WORD.findall(word.lower()) != [word]]
    if split:
        raise ValueError(
            f'the vocabulary holds {split[0]!r}, which no caption is split into: entries are '
            'single lower-case words'
        )
    repeated = sorted({word for word in words if words.count(word) > 1})
    if repeated:
        raise ValueError(f'the vocabulary holds {", ".join(repeated)} more than once')
    return words
