"""Writing converted annotations: an annotation file, or captions beside images."""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from tqdm import tqdm

from cpcl_mm.datasets.annotation_file import JSON_LINES
from cpcl_mm.datasets.formats import (
    check_text_files,
    format_captions,
    format_csv,
    format_json,
    format_json_lines,
    text_file,
)

from .annotation import Annotation

PROGRESS_FROM = 2000
FORMATS = {'.json': format_json, '.csv': format_csv} | dict.fromkeys(JSON_LINES, format_json_lines)


def write_target(
    annotations: Sequence[Annotation], target: Path, image_root: Path, force: bool = False
) -> None:
    """Write an annotation file, or a folder of images with captions beside them.

    Args:
        annotations: The images.
        target: A file, whose suffix tells the format, or a folder (:func:`is_folder`). Images
            are copied into a folder, unless it is their own.
        image_root: Folder that the paths of the images are relative to.
        force: Whether to overwrite files.

    Raises:
        FileExistsError: A file is there already, and ``force`` is not set.
        FileNotFoundError: An image does not exist, and the target is a folder.
        ValueError: The suffix is of no known format, or two images would share a file of captions.
    """
    if is_folder(target):
        _write_folder(annotations, target, image_root, force)
        return
    make_text = FORMATS.get(target.suffix.lower())
    if make_text is None:
        raise ValueError(
            f'{target} has the suffix {target.suffix!r}, expected one of {", ".join(FORMATS)}, or '
            'none for a folder.'
        )
    _refuse_existing([target], force)
    target.parent.mkdir(parents=True, exist_ok=True)
    text = make_text([annotation.as_record() for annotation in annotations])
    target.write_text(text, encoding='utf-8')


def is_folder(target: Path) -> bool:
    """Tell whether a target is a folder: one that exists, or a name without suffix."""
    return target.is_dir() or not target.suffix


def _write_folder(
    annotations: Sequence[Annotation], folder: Path, image_root: Path, force: bool
) -> None:
    images = [PurePath(annotation.path) for annotation in annotations]
    check_text_files(images)
    _require_images([image_root / image for image in images])
    in_place = folder.resolve() == image_root.resolve()
    copies = [] if in_place else images
    _refuse_existing([folder / path for path in (*map(text_file, images), *copies)], force)
    silent = len(images) <= PROGRESS_FROM
    for annotation, image in zip(
        tqdm(annotations, 'Writing captions', disable=silent), images, strict=True
    ):
        captions = folder / text_file(image)
        captions.parent.mkdir(parents=True, exist_ok=True)
        captions.write_text(format_captions(annotation.captions), encoding='utf-8')
        if not in_place:
            shutil.copyfile(image_root / image, folder / image)


def _require_images(images: Sequence[Path]) -> None:
    missing = [image for image in images if not image.is_file()]
    if missing:
        raise FileNotFoundError(
            f'{len(missing)} of {len(images)} images do not exist, such as {missing[0]}; name the '
            'folder that the image paths are relative to by --image-root.'
        )


def _refuse_existing(paths: Iterable[Path], force: bool) -> None:
    existing = [] if force else [path for path in paths if path.exists()]
    if existing:
        raise FileExistsError(
            f'{existing[0]} exists already, and nothing was written; --force overwrites it'
            + f' and {len(existing) - 1} more' * (len(existing) > 1)
            + '.'
        )
