"""Annotations as a folder of images with a text file of captions beside each."""

from collections.abc import Sequence
from pathlib import Path, PurePath

from tqdm import tqdm

from cpcl_mm.utils.image_file import SUFFIXES
from cpcl_mm.utils.image_folder import look_through
from cpcl_mm.utils.text import read_text_file

from .annotation_file import Annotations

PROGRESS_FROM = 2000


def read_caption_folder(folder: Path) -> Annotations:
    """Read a folder of images, subfolders included, with a text file beside each.

    ``a/001.txt`` holds the captions of ``a/001.jpg``, one a line; empty lines are passed over. What
    counts as an image is said by :func:`~cpcl_mm.utils.image_folder.look_through`.

    Args:
        folder: The folder.

    Returns:
        One record per image, sorted by path; without captions where there is no text file.

    Raises:
        FileNotFoundError: There is no image in the folder.
        ValueError: Two images share a text file, or a text file is not UTF-8.
    """
    images = sorted(PurePath(path).relative_to(folder) for path in look_through(folder).images)
    if not images:
        raise FileNotFoundError(
            f'{folder} and its subfolders hold no image ({", ".join(SUFFIXES)}).'
        )
    check_text_files(images)
    items, places = [], []
    for image in tqdm(images, 'Reading captions', disable=len(images) <= PROGRESS_FROM):
        text = folder / image.with_suffix('.txt')
        lines = read_text_file(text).replace('\r', '\n').split('\n') if text.is_file() else []
        captions = [line.strip() for line in lines if line.strip()]
        items.append({'img_path': image.as_posix(), 'captions': captions})
        state = 'captions in' if text.is_file() else 'there is no'
        places.append(f'image {image.as_posix()} ({state} {text.name})')
    return Annotations(items, places.__getitem__)


def check_text_files(images: Sequence[PurePath]) -> None:
    """Check that every image has a text file of its own.

    Raises:
        ValueError: Two images differ in their suffix only.
    """
    users: dict[PurePath, PurePath] = {}
    for image in images:
        text = image.with_suffix('.txt')
        other = users.setdefault(text, image)
        if other is not image:
            raise ValueError(f'{other} and {image} would share the captions of {text}; rename one.')
