"""From images to features: decoding in threads while the model encodes the batch before."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from cpcl_mm.utils.image_file import MAX_PIXELS
from cpcl_mm.utils.image_folder import count_passed_over
from cpcl_mm.utils.printable import one_line

from .encoder import Encoder, prepare_checked
from .gallery import Entry
from .images import ImageSource

SHOWN = 5
# An image; for one that cannot be used, with the reason as its version, and None.
Prepared = tuple[Entry, Any]


class EncodedBatch(NamedTuple):
    """Images, their features (n, D), and by name, why others were skipped; (0, 0) where n is 0."""

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
        EncodedBatch: The next ``batch_size`` images that can be used, and those skipped on the way.
    """
    with (
        ThreadPoolExecutor(num_threads) as pool,
        tqdm(total=len(sources), desc='indexing', unit='image', disable=None) as bar,
    ):
        futures = (pool.submit(_prepare, source, encoder, max_pixels) for source in sources)
        for batch in _split_good(_run_ahead(futures, batch_size), batch_size):
            yield _encode(batch, encoder)
            bar.update(len(batch))


def _run_ahead(futures: Iterator[Future], count: int) -> Iterator[Prepared]:
    """Give results in order, with so many begun that are not yet asked for."""
    waiting = deque(islice(futures, count))
    while waiting:
        result = waiting.popleft().result()
        waiting.extend(islice(futures, 1))
        yield result


def _split_good(results: Iterable[Prepared], batch_size: int) -> Iterator[list[Prepared]]:
    """Split by the images that can be used.

    The last bits of a feature depend on the batch. A run that goes on after a crash meets the
    images again that cannot be used; these must not move the others into other batches.
    """
    batch: list[Prepared] = []
    good = 0
    for entry, prepared in results:
        batch.append((entry, prepared))
        good += prepared is not None
        if good == batch_size:
            yield batch
            batch, good = [], 0
    if batch:
        yield batch


def _prepare(source: ImageSource, encoder: Encoder, max_pixels: int) -> Prepared:
    try:
        # Before reading: what changes meanwhile is encoded again next time.
        version = source.version()
        prepared = prepare_checked(encoder, source.image, max_pixels)
        return Entry(source.name, version), prepared
    # Decoders and transforms raise what they like, and one image in a million must not end a run.
    except Exception as error:
        return Entry(source.name, str(error)), None


def _encode(results: list[Prepared], encoder: Encoder) -> EncodedBatch:
    good = [(entry, prepared) for entry, prepared in results if prepared is not None]
    features = np.empty((0, 0), dtype=np.float32)
    if good:
        features = encoder.encode_images([prepared for _, prepared in good])
    skipped = {name: reason for (name, reason), prepared in results if prepared is None}
    return EncodedBatch([entry for entry, _ in good], features, skipped)
