"""Annotations as a folder of images with a text file of captions beside each."""

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from tqdm import tqdm

from cpcl_mm.datasets.annotations import Annotations
from cpcl_mm.datasets.records import RecordKeys
from cpcl_mm.utils.image_file import SUFFIXES
from cpcl_mm.utils.image_folder import look_through
from cpcl_mm.utils.text_file import read_text_file

PROGRESS_FROM = 2000


def read_caption_folder(folder: Path, keys: RecordKeys) -> Annotations:
    """Read a folder of images, subfolders included, with a text file beside each.

    ``a/001.txt`` holds the captions of ``a/001.jpg``, one a line; empty lines are passed over. What
    counts as an image is said by :func:`~cpcl_mm.utils.image_folder.look_through`.

    Args:
        folder: The folder.
        keys: Names of the keys of path and captions in the items.

    Returns:
        One object per image, sorted by path; without captions where there is no text file.

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
        text = folder / text_file(image)
        captions = _read_captions(text) if text.is_file() else []
        items.append({keys.image: image.as_posix(), keys.captions: captions})
        state = 'captions in' if text.is_file() else 'there is no'
        places.append(f'image {image.as_posix()} ({state} {text.name})')
    return Annotations(items, places.__getitem__)


def unused_files(folder: Path) -> dict[str, str]:
    """List what such a folder holds beside images and their captions.

    Args:
        folder: The folder.

    Returns:
        Path of a file to why it is passed over.
    """
    images, passed_over = look_through(folder)
    used = {str(text_file(PurePath(image))) for image in images}
    return {path: reason for path, reason in passed_over.items() if path not in used}


def text_file(image: PurePath) -> PurePath:
    """Name the file that holds the captions of an image."""
    return image.with_suffix('.txt')


def format_captions(captions: Iterable[str]) -> str:
    """Write captions one a line; white space within one, line breaks too, becomes single spaces."""
    return ''.join(f'{" ".join(caption.split())}\n' for caption in captions)


def check_text_files(images: Sequence[PurePath]) -> None:
    """Check that every image has a text file of its own.

    Raises:
        ValueError: Two images differ in their suffix only.
    """
    users: dict[PurePath, PurePath] = {}
    for image in images:
        other = users.setdefault(text_file(image), image)
        if other is not image:
            raise ValueError(
                f'{other} and {image} would share the captions of {text_file(image)}; rename one.'
            )


def _read_captions(path: Path) -> list[str]:
    lines = read_text_file(path).replace('\r', '\n').split('\n')
    return [line.strip() for line in lines if line.strip()]
