"""Images and sentences in, features of one space out."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from mmengine.dataset import pseudo_collate

from cpcl_mm.datasets.transforms.pipeline import build_pipeline
from cpcl_mm.datasets.transforms.tokenize import vocabulary_of
from cpcl_mm.utils.image_file import read_image
from cpcl_mm.utils.text import has_words, is_unicode, why_no_words

from .images import Image, to_item

# Of a query: several times what a text tower reads, and little enough for any tokenizer.
MAX_CHARACTERS = 2000


class Encoder(Protocol):
    """What a search needs of a model: any such object can take the place of a torch one."""

    fingerprint: str  # tells models apart; galleries of another fingerprint are refused
    source: str  # the file that the model came from, for messages

    def prepare_image(self, image: Image) -> Any:
        """Decode and transform an image for :meth:`encode_images`; called from several threads.

        Raises ``ValueError`` if the image cannot be used.
        """

    def encode_images(self, prepared: Sequence[Any]) -> np.ndarray:
        """Encode n prepared images into L2-normalized features (n, D), float32."""

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Encode n sentences likewise; ``ValueError`` if one is empty or absurdly long."""


def prepare_query(encoder: Encoder, image: Image) -> Any:
    """Prepare an image to search by; a ``ValueError`` names it."""
    try:
        return encoder.prepare_image(read_image(image) if isinstance(image, str | Path) else image)
    except ValueError as error:
        name = str(image) if isinstance(image, str | Path) else 'given'
        raise ValueError(f'the query image {name}: {error}') from error


def check_queries(texts: Sequence[str]) -> None:
    """Refuse sentences that no search can answer.

    Raises:
        TypeError: If one is no string.
        ValueError: If there is none, or one has no word in it or more than ``MAX_CHARACTERS``.
    """
    if not texts:
        raise ValueError('there is no query: give a sentence, such as "a man in a red jacket"')
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f'query {number} is {text!r}, expected a string')
        if not is_unicode(text):
            raise ValueError(f'query {number} is not UTF-8 ({text[:40]!r}): type it again')
        if not has_words(text):
            raise ValueError(
                f'query {number} {why_no_words(text)} ({text[:40]!r}): describe a person in words'
            )
        if len(text) > MAX_CHARACTERS:
            raise ValueError(
                f'query {number} has {len(text):,} characters, {text[:40]!r}..., and a text tower '
                f'reads a few hundred: describe the person in less than {MAX_CHARACTERS:,}'
            )


class ModelEncoder:
    """Encodes with a trained :class:`~cpcl_mm.models.TextToImageRetriever`, or with its export.

    The model is on its device, in eval mode; the steps are test transforms, as in the config of a
    data set, whose types are looked up in the registry scope.
    """

    def __init__(
        self,
        model: Any,
        steps: list[dict[str, Any]],
        fingerprint: str,
        source: str,
        scope: str = 'cpcl_mm',
    ) -> None:
        self.model = model
        self.steps = steps
        self.pipeline = build_pipeline(steps)
        self.fingerprint = fingerprint
        self.source = source
        self.scope = scope

    def prepare_image(self, image: Image) -> dict[str, Any]:
        """Decode and transform one image, see :class:`Encoder`."""
        return self._prepare(to_item(image))

    def prepare_text(self, text: str) -> dict[str, Any]:
        """Tokenize one sentence for :meth:`collate`."""
        return self._prepare({'caption': text})

    def collate(self, prepared: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Make a batch on the model's device: ``image`` (N, 3, H, W) and / or ``text`` (M, L)."""
        return self.model.data_preprocessor(pseudo_collate(list(prepared)), False)['inputs']

    def encode_images(self, prepared: Sequence[dict[str, Any]]) -> np.ndarray:
        """Encode a batch, see :class:`Encoder`."""
        return self._encode(prepared, 'image')

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Encode sentences, see :class:`Encoder`; warn of words that the model does not read."""
        check_queries(texts)
        prepared = [self.prepare_text(text) for text in texts]
        for text, item in zip(texts, prepared, strict=True):
            self._warn_if_cut(text, item['inputs']['text'])
            self._warn_of_unknown_words(text)
        return self._encode(prepared, 'text')

    def _prepare(self, item: dict[str, Any]) -> dict[str, Any]:
        prepared = self.pipeline(item)
        if prepared is None:
            raise ValueError('the test pipeline made None of it')
        return prepared

    @torch.no_grad()
    def _encode(self, prepared: Sequence[dict[str, Any]], key: str) -> np.ndarray:
        features = self.model.extract_feat(self.collate(prepared))[key].cpu().numpy()
        if not np.isfinite(features).all():
            raise ValueError(
                f'{self.source} gives features that are NaN or infinite: its training has '
                'diverged; take an earlier checkpoint'
            )
        return features

    def _warn_if_cut(self, text: str, tokens: torch.Tensor) -> None:
        """Compare the tokens with those of the text without its last word."""
        words = text.split()
        # Punctuation behind it is no word: a tokenizer may not read that.
        while words and not has_words(words[-1]):
            words.pop()
        shorter = ' '.join(words[:-1])
        if has_words(shorter) and torch.equal(self.prepare_text(shorter)['inputs']['text'], tokens):
            warnings.warn(
                f'the model reads {len(tokens)} tokens of a text, and ignores the end of this one: '
                f'{text[:40]!r}...{text[-40:]!r}; say the important things first',
                stacklevel=4,
            )

    def _warn_of_unknown_words(self, text: str) -> None:
        vocabulary = vocabulary_of(self.pipeline.transforms)
        unknown = vocabulary.unknown_words(text) if vocabulary else []
        if not vocabulary or not unknown:
            return
        if len(unknown) == len(vocabulary.split(text)):
            consequence = 'knows no word of this text, so what it finds has nothing to do with it'
        else:
            consequence = 'reads all words alike that it does not know'
        words = ', '.join(dict.fromkeys(unknown))
        warnings.warn(f'the model {consequence}: {words[:200]}', stacklevel=4)
