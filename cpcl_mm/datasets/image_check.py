"""Cheap checks of image files, so that a broken one is found before training starts."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from PIL import Image
from tqdm import tqdm

CHECK_LEVELS = ('none', 'quick', 'decode')
PROGRESS_FROM = 2000
# More threads than cores: on network storage the time goes into waiting.
THREADS = 16
CHUNK = 64
TAIL_BYTES = 4096
END_MARKERS = {'JPEG': b'\xff\xd9', 'PNG': b'IEND\xaeB`\x82'}

# Files found sound by this process: the views and splits of a data set share images.
_sound: set[tuple[str, str]] = set()


def check_images(paths: Sequence[str], level: str) -> dict[str, str]:
    """Find the images that cannot be read.

    Args:
        paths: Image files.
        level: ``'quick'``: the file exists, Pillow knows its header, and the end of a JPEG or
            PNG file is there. ``'decode'``: Pillow decodes all of it, which also finds damage
            in the middle. ``'none'``: nothing is looked at.

    Returns:
        Path to what is wrong with it, for the unreadable images only.

    Raises:
        ValueError: ``level`` is none of the three.
    """
    if level not in CHECK_LEVELS:
        raise ValueError(f'check_images={level!r}, expected one of {", ".join(CHECK_LEVELS)}.')
    pending = [path for path in paths if (path, level) not in _sound]
    if level == 'none' or not pending:
        return {}
    find_problem = check_by_decoding if level == 'decode' else check_quickly
    problems = _map_in_threads(partial(_guarded, find_problem), pending)
    found = {path: text for path, text in zip(pending, problems, strict=True) if text}
    _sound.update((path, level) for path in pending if path not in found)
    return found


def check_quickly(path: str) -> str | None:
    """Check the header and the end of an image file without decoding it.

    Returns:
        What is wrong, or None.
    """
    with Path(path).open('rb') as file:
        marker = END_MARKERS.get(Image.open(file).format or '')
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL_BYTES))
        # Some cameras append data of their own, so the marker need not be the very end.
        if marker is None or marker in file.read():
            return None
    return 'is truncated: the end of the image is missing'


def check_by_decoding(path: str) -> str | None:
    """Check an image file by decoding all of it.

    Returns:
        None; Pillow raises for what it cannot decode.
    """
    with Image.open(path) as image:
        image.load()
    return None


def _guarded(find_problem: Callable[[str], str | None], path: str) -> str | None:
    try:
        return find_problem(path)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return 'does not exist'
    # Pillow's plugins raise whatever their parser meets: SyntaxError, struct.error, ...
    except Exception as error:
        return f'is not a readable image: {error}'


def _map_in_threads(
    function: Callable[[str], str | None], paths: Sequence[str]
) -> list[str | None]:
    def check(chunk: Sequence[str]) -> list[str | None]:
        return [function(path) for path in chunk]

    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    results: list[str | None] = []
    silent = len(paths) <= PROGRESS_FROM
    with (
        ThreadPoolExecutor(THREADS) as pool,
        tqdm(total=len(paths), desc='Checking images', unit='image', disable=silent) as bar,
    ):
        for found in pool.map(check, chunks):
            results += found
            bar.update(len(found))
    return results
