"""Annotations as a folder of images with a text file of captions beside each."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath

from tqdm import tqdm

from cpcl_mm.utils.image_file import SUFFIXES
from cpcl_mm.utils.image_folder import look_through
from cpcl_mm.utils.text import read_text_file

from .annotation_file import Annotations

_PROGRESS_FROM = 2000


def read_caption_folder(folder: Path) -> Annotations:
    """Read a folder of images, subfolders included, with a text file beside each.

    ``a/001.txt`` holds the captions of ``a/001.jpg``, one a line; empty lines are passed over. What
    counts as an image is said by :func:`~cpcl_mm.utils.image_folder.look_through`.

    Records are sorted by path, and without captions where there is no text file.

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
    for image in tqdm(images, 'Reading captions', disable=len(images) <= _PROGRESS_FROM):
        text = folder / image.with_suffix('.txt')
        lines = read_text_file(text).replace('\r', '\n').split('\n') if text.is_file() else []
        captions = [line.strip() for line in lines if line.strip()]
        items.append({'img_path': image.as_posix(), 'captions': captions})
        state = 'captions in' if text.is_file() else 'there is no'
        places.append(f'image {image.as_posix()} ({state} {text.name})')
    return Annotations(items, places.__getitem__)


def write_caption_folder(
    captions: Mapping[str, Sequence[str]], folder: Path, image_root: Path, force: bool = False
) -> None:
    """Write captions, by image, beside the images, which are copied into a folder not their own.

    Raises:
        FileExistsError: A file is there already; nothing is written.
        FileNotFoundError: An image is not there.
        ValueError: Two images would share a text file.
    """
    images = [PurePath(path) for path in captions]
    check_text_files(images)
    missing = [image_root / image for image in images if not (image_root / image).is_file()]
    if missing:
        raise FileNotFoundError(
            f'{len(missing)} of {len(images)} images do not exist, such as {missing[0]}; name the '
            'folder that the image paths are relative to by --image-root.'
        )
    copies = [] if folder.resolve() == image_root.resolve() else images
    texts = [folder / image.with_suffix('.txt') for image in images]
    refuse_existing([*texts, *(folder / image for image in copies)], force)
    progress = tqdm(texts, 'Writing captions', disable=len(images) <= _PROGRESS_FROM)
    for text, lines in zip(progress, captions.values(), strict=True):
        text.parent.mkdir(parents=True, exist_ok=True)
        text.write_text(''.join(f'{" ".join(line.split())}\n' for line in lines), encoding='utf-8')
    for image in copies:
        shutil.copyfile(image_root / image, folder / image)


def refuse_existing(paths: Iterable[Path], force: bool = False) -> None:
    """Raise ``FileExistsError`` if there is one of some files, unless forced."""
    existing = [] if force else [path for path in paths if path.exists()]
    if existing:
        more = f' and {len(existing) - 1} more' * (len(existing) > 1)
        raise FileExistsError(
            f'{existing[0]} exists already, and nothing was written; --force overwrites it{more}.'
        )


def check_text_files(images: Sequence[PurePath]) -> None:
    """Raise ``ValueError`` if two images differ in their suffix only."""
    users: dict[PurePath, PurePath] = {}
    for image in images:
        text = image.with_suffix('.txt')
        other = users.setdefault(text, image)
        if other is not image:
            raise ValueError(f'{other} and {image} would share the captions of {text}; rename one.')
