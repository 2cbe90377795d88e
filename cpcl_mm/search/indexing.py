"""From images to features: decoding in threads while the model encodes the batch before."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tqdm import tqdm

from cpcl_mm.utils.image_file import MAX_PIXELS
from cpcl_mm.utils.image_folder import count_passed_over
from cpcl_mm.utils.printable import one_line

from .encoder import Encoder, prepare_checked
from .gallery import Entry
from .sources import ImageSource

SHOWN = 5


@dataclass(frozen=True)
class EncodedBatch:
    """Images that became features, and those that could not be used.

    Attributes:
        entries (list[Entry]): n images.
        features (np.ndarray): Their features (n, D); (0, 0) where n is 0.
        skipped (dict[str, str]): By name, why an image was left out.
    """

    entries: list[Entry]
    features: np.ndarray
    skipped: dict[str, str]


@dataclass
class IndexReport:
    """What became of the images that were to be indexed.

    Attributes:
        encoded (int): Images that are new or have changed.
        unchanged (int): Images that the gallery had already.
        skipped (dict[str, str]): By name, why an image was left out.
        passed_over (Mapping[str, str]): By path, why something else in a folder is no image.
    """

    encoded: int = 0
    unchanged: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    passed_over: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [
            f'{self.encoded:,} images encoded, {self.unchanged:,} unchanged, '
            f'{len(self.skipped):,} skipped'
        ]
        examples = list(self.skipped.items())[:SHOWN]
        lines += [f'  {one_line(name)}: {reason}' for name, reason in examples]
        if len(self.skipped) > SHOWN:
            lines.append(f'  ... and {len(self.skipped) - SHOWN:,} more')
        return '\n'.join(lines + count_passed_over(self.passed_over))


def encode_sources(
    sources: Sequence[ImageSource],
    encoder: Encoder,
    batch_size: int = 64,
    num_threads: int = 4,
    max_pixels: int = MAX_PIXELS,
) -> Iterator[EncodedBatch]:
    """Encode images; one that cannot be used never stops the others.

    Args:
        sources (Sequence[ImageSource]): The images.
        encoder (Encoder): What encodes.
        batch_size (int): Images a batch. Defaults to 64.
        num_threads (int): Threads that decode. Defaults to 4.
        max_pixels (int): Larger image files are skipped. Defaults to 50 million.

    Yields:
        EncodedBatch: What became of the next ``batch_size`` images.
    """
    batches = [sources[start : start + batch_size] for start in range(0, len(sources), batch_size)]
    with (
        ThreadPoolExecutor(num_threads) as pool,
        tqdm(total=len(sources), desc='indexing', unit='image', disable=None) as bar,
    ):
        waiting: list[list[Future]] = []
        # One batch is decoded while the one before is encoded; the last round only encodes.
        for batch in [*batches, []]:
            waiting.append([pool.submit(_prepare, s, encoder, max_pixels) for s in batch])
            if len(waiting) == 2:
                results = [future.result() for future in waiting.pop(0)]
                yield _encode(results, encoder)
                bar.update(len(results))


def _prepare(source: ImageSource, encoder: Encoder, max_pixels: int) -> tuple[Entry, Any]:
    """Decode an image; for one that cannot be used, the reason takes the place of the version."""
    try:
        # Before reading: what changes meanwhile is encoded again next time.
        version = source.version()
        prepared = prepare_checked(encoder, source.image, max_pixels)
        return Entry(source.name, version), prepared
    # Decoders and transforms raise what they like, and one image in a million must not end a run.
    except Exception as error:
        return Entry(source.name, str(error)), None


def _encode(results: list[tuple[Entry, Any]], encoder: Encoder) -> EncodedBatch:
    good = [(entry, prepared) for entry, prepared in results if prepared is not None]
    features = np.empty((0, 0), dtype=np.float32)
    if good:
        features = encoder.encode_images([prepared for _, prepared in good])
    return EncodedBatch(
        entries=[entry for entry, _ in good],
        features=features,
        skipped={name: reason for (name, reason), prepared in results if prepared is None},
    )
