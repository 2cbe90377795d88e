"""Noisy pairs: images with the captions of other images, to test what noise does to a method."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from mmengine.logging import print_log

from .records import ImageRecord


def add_noisy_pairs(
    images: Sequence[ImageRecord],
    share: float = 0.0,
    seed: int = 0,
    index_file: str | None = None,
    name: str = 'the data set',
) -> tuple[tuple[ImageRecord, ...], float]:
    """Shuffle the captions of some pairs: the protocol of RDE (arXiv 2308.09911).

    Args:
        images: Records of a split; a pair is an image and one of its captions, in file order.
        share: Share of the pairs whose captions are shuffled among each other.
        seed: Of the choice and the shuffling.
        index_file: Instead of a share, a ``.npy`` file with the number of the pair that each
            pair gets its caption of, as the authors of RDE give out.
        name: Name of the split, for the log.

    Returns:
        The records with their new captions, and the share of pairs whose caption is another's. It
        is a little below ``share``, as some captions are shuffled into their own place.

    Raises:
        ValueError: The share is not in [0, 1], or the file does not fit.
    """
    captions = [caption for image in images for caption in image.captions]
    order = np.arange(len(captions))
    if index_file is not None:
        order = _read_index(Path(index_file), len(captions), name)
    elif not 0 <= share <= 1:
        raise ValueError(f'noisy_pairs: share={share}, expected a number from 0 to 1')
    else:
        rng = np.random.default_rng(seed)
        chosen = rng.permutation(len(captions))[: int(share * len(captions))]
        order[chosen] = rng.permutation(chosen)
    shuffled = (captions[index] for index in order)
    noisy = tuple(
        replace(image, captions=tuple(islice(shuffled, len(image.captions)))) for image in images
    )
    wrong = int((order != np.arange(len(order))).sum())
    print_log(
        f'{name}: {wrong:,} of {len(order):,} pairs have the caption of another pair', 'current'
    )
    return noisy, wrong / len(order)


def _read_index(path: Path, number: int, name: str) -> np.ndarray:
    if not path.is_file():
        raise FileNotFoundError(f'noisy_pairs: there is no index_file {path}')
    try:
        index = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(f'noisy_pairs: index_file {path} is no .npy file: {error}') from error
    if not isinstance(index, np.ndarray) or index.dtype.kind not in 'iu' or index.ndim != 1:
        raise ValueError(f'noisy_pairs: index_file {path} holds no list of whole numbers')
    if len(index) != number:
        raise ValueError(
            f'noisy_pairs: index_file {path} has {len(index):,} numbers, but {name} has '
            f'{number:,} pairs: it was made for another data set or split'
        )
    if len(index) and not 0 <= index.min() <= index.max() < number:
        raise ValueError(
            f'noisy_pairs: index_file {path} has numbers from {index.min()} to {index.max()}, '
            f'expected 0 to {number - 1}'
        )
    return index
