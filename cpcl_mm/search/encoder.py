"""Images and sentences in, features of one space out."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from mmengine.dataset import pseudo_collate

from cpcl_mm.datasets.transforms.pipeline import build_pipeline
from cpcl_mm.datasets.transforms.tokenize import vocabulary_of
from cpcl_mm.utils.image_file import read_image
from cpcl_mm.utils.text import has_words

from .images import Image, load_or_take, to_item
from .queries import check_queries


class Encoder(Protocol):
    """What a search needs of a model; an exported model can take the place of a torch one.

    Attributes:
        fingerprint (str): Tells models apart; galleries of another fingerprint are refused.
        source (str): The file that the model came from, for messages.
    """

    fingerprint: str
    source: str

    def prepare_image(self, image: Image) -> Any:
        """Decode and transform one image; called from several threads.

        Args:
            image (str | Path | ndarray | PIL.Image): An image file, or an image.

        Returns:
            Any: What :meth:`encode_images` takes.

        Raises:
            ValueError: If the image cannot be used.
        """

    def encode_images(self, prepared: Sequence[Any]) -> np.ndarray:
        """Encode a batch.

        Args:
            prepared (Sequence): n results of :meth:`prepare_image`.

        Returns:
            np.ndarray: L2-normalized features (n, D), float32.
        """

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Encode sentences.

        Args:
            texts (Sequence[str]): n sentences.

        Returns:
            np.ndarray: L2-normalized features (n, D), float32.

        Raises:
            ValueError: If a sentence is empty or absurdly long.
        """


def prepare_checked(encoder: Encoder, image: Image, max_pixels: int) -> Any:
    """Prepare an image of a limited size.

    Args:
        encoder (Encoder): What prepares.
        image (str | Path | ndarray | PIL.Image): As for :meth:`Encoder.prepare_image`.
        max_pixels (int): The most pixels that an image file may have.

    Returns:
        Any: What :meth:`Encoder.encode_images` takes.

    Raises:
        ValueError: If the image cannot be used: what is wrong, without its name.
    """
    if isinstance(image, str | Path):
        image = read_image(image, max_pixels)
    return encoder.prepare_image(image)


class ModelEncoder:
    """Encodes with a trained :class:`~cpcl_mm.models.TextToImageRetriever`, or with its export.

    Args:
        model (TextToImageRetriever | OnnxRetriever): The model, on its device, in eval mode.
        pipeline (list[dict]): Test transforms of an item, as in the config of a data set.
        fingerprint (str): See :class:`Encoder`.
        source (str): See :class:`Encoder`.
    """

    def __init__(
        self, model: Any, pipeline: Sequence[Mapping[str, Any]], fingerprint: str, source: str
    ) -> None:
        self.model = model
        self.pipeline = build_pipeline(load_or_take(pipeline))
        self.fingerprint = fingerprint
        self.source = source

    def prepare_image(self, image: Image) -> dict[str, Any]:
        """Decode and transform one image, see :class:`Encoder`."""
        return self._prepare(to_item(image))

    def prepare_text(self, text: str) -> dict[str, Any]:
        """Tokenize one sentence.

        Args:
            text (str): A sentence.

        Returns:
            dict: What :meth:`collate` takes.
        """
        return self._prepare({'caption': text})

    def collate(self, prepared: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Make the batch that the model takes, on its device.

        Args:
            prepared (Sequence[dict]): Images, sentences or both.

        Returns:
            dict[str, Tensor]: ``image`` (N, 3, H, W), ``text`` (M, L), each where there are any.
        """
        return self.model.data_preprocessor(pseudo_collate(list(prepared)), False)['inputs']

    def encode_images(self, prepared: Sequence[dict[str, Any]]) -> np.ndarray:
        """Encode a batch, see :class:`Encoder`."""
        return self._encode(prepared, 'image')

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Encode sentences, see :class:`Encoder`; warns of words that the model does not read."""
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
        shorter = _without_last_word(text)
        if not has_words(shorter):
            return
        if torch.equal(self.prepare_text(shorter)['inputs']['text'], tokens):
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


def _without_last_word(text: str) -> str:
    """Cut off the last word, and the punctuation behind it, which a tokenizer may not read."""
    words = text.split()
    while words and not has_words(words[-1]):
        words.pop()
    return ' '.join(words[:-1])
