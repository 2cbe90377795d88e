"""From images to features: decoding in threads while the model encodes the batch before."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from cpcl_mm.utils.image_file import read_image
from cpcl_mm.utils.image_folder import count_passed_over
from cpcl_mm.utils.text import one_line

from .encoder import Encoder
from .images import version_of

SHOWN = 5  # Names of skipped images in a report.


class EncodedBatch(NamedTuple):
    """Some images as :meth:`Gallery.put <cpcl_mm.search.Gallery.put>` takes them."""

    entries: list[tuple[str, str]]
    features: np.ndarray  # (n, D), and (0, 0) where n is 0
    skipped: dict[str, str]  # by name, why images before these were left out


@dataclass
class IndexReport:
    """What became of the images that were to be indexed."""

    encoded: int = 0  # that are new or have changed
    unchanged: int = 0  # that the gallery had already
    skipped: dict[str, str] = field(default_factory=dict)  # by name, why an image was left out
    passed_over: Mapping[str, str] = field(default_factory=dict)  # what else a folder holds, why

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


def encode_files(
    paths: Sequence[str],
    encoder: Encoder,
    batch_size: int = 64,
    num_threads: int = 4,
) -> Iterator[EncodedBatch]:
    """Encode image files, decoded by some threads; one that cannot be used stops no other.

    Yields:
        EncodedBatch: The next ``batch_size`` images that can be used, and those skipped on the way.
    """

    def prepare(path: str) -> tuple[str, str, Any]:
        """Give name, version and what is to be encoded; or name, reason and None."""
        try:
            # Before reading: what changes meanwhile is encoded again next time.
            version = version_of(path)
            return path, version, encoder.prepare_image(read_image(path))
        # Decoders and transforms raise what they like, and one image of many must not end a run.
        except Exception as error:
            return path, str(error), None

    with (
        ThreadPoolExecutor(num_threads) as pool,
        tqdm(total=len(paths), desc='indexing', unit='image', disable=None) as bar,
    ):
        futures = (pool.submit(prepare, path) for path in paths)
        # Begun, while the model encodes the batch before.
        waiting = deque(islice(futures, batch_size))
        batch, entries, skipped = [], [], {}
        while waiting:
            name, version_or_reason, prepared = waiting.popleft().result()
            waiting.extend(islice(futures, 1))
            bar.update()
            if prepared is None:
                skipped[name] = version_or_reason
            else:
                entries.append((name, version_or_reason))
                batch.append(prepared)
            # A batch is full by the images that can be used: the last bits of a feature depend on
            # the batch, and a run after a crash meets those again that cannot be used.
            if len(batch) == batch_size or not waiting:
                features = encoder.encode_images(batch) if batch else np.empty((0, 0), np.float32)
                yield EncodedBatch(entries, features, skipped)
                batch, entries, skipped = [], [], {}
