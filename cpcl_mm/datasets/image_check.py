"""Cheap checks of image files, so that a broken one is found before training starts."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from PIL.Image import Image
from tqdm import tqdm

from cpcl_mm.utils.image_file import open_image, read_image

PROGRESS_FROM = 2000
# More threads than cores: on network storage the time goes into waiting.
THREADS = 16
CHUNK = 64

# Files found sound by this process: the views and splits of a data set share images.
_sound: set[tuple[str, str]] = set()


def check_images(paths: Sequence[str], level: str) -> dict[str, str]:
    """Find the images that cannot be read.

    What this process has found sound is not looked at again.

    Args:
        paths: Image files.
        level: ``'exists'``: there is such a file. ``'quick'``: its header can be read, too, and
            the end of a JPEG or PNG file is there. ``'decode'``: all of it is decoded as training
            does, which also finds damage in the middle. ``'none'``: nothing is looked at.

    Returns:
        Path to what is wrong with it, for the unreadable images only.

    Raises:
        ValueError: ``level`` is none of these.
    """
    if level not in ('none', *CHECKS):
        raise ValueError(f'check_images={level!r}, expected one of none, {", ".join(CHECKS)}.')
    pending = [path for path in paths if (path, level) not in _sound]
    if level == 'none' or not pending:
        return {}
    found = find_unreadable(pending, level, silent=len(pending) <= PROGRESS_FROM)
    _sound.update((path, level) for path in pending if path not in found)
    return found


def find_unreadable(
    paths: Sequence[str], level: str, threads: int = THREADS, silent: bool = False
) -> dict[str, str]:
    """Look at every image, as :func:`check_images`, whether or not it was found sound before."""

    def check(chunk: Sequence[str]) -> dict[str, str]:
        return {path: text for path in chunk if (text := CHECKS[level](path))}

    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    found: dict[str, str] = {}
    with (
        ThreadPoolExecutor(threads) as pool,
        tqdm(total=len(paths), desc='Checking images', unit='image', disable=silent) as bar,
    ):
        for chunk, unreadable in zip(chunks, pool.map(check, chunks), strict=True):
            found |= unreadable
            bar.update(len(chunk))
    return found


def _problem_of(read: Callable[[str], Image], path: str) -> str | None:
    try:
        read(path).close()
    except ValueError as error:
        return str(error)
    return None


# Each says what is wrong with a file, or None.
CHECKS: dict[str, Callable[[str], str | None]] = {
    'exists': lambda path: None if os.path.isfile(path) else 'does not exist',  # noqa: PTH113
    'quick': partial(_problem_of, open_image),
    'decode': partial(_problem_of, read_image),
}
