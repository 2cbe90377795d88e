"""Images as files: what a gallery is made from; and as arrays: what it may be searched by."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from mmengine.registry import DefaultScope

from cpcl_mm.registry import DATASETS, SCOPE
from cpcl_mm.utils.image_file import SUFFIXES, read_image, to_bgr, to_rgb
from cpcl_mm.utils.image_folder import FolderContent, count_passed_over, look_through
from cpcl_mm.utils.text import is_unicode

Image = str | Path | np.ndarray | PIL.Image.Image
Images = str | Path | Sequence[str | Path] | Mapping[str, Any]


def find_images(images: Images | Any) -> FolderContent:
    """List the images to index by absolute path, each once.

    Args:
        images: A folder, searched with all folders below it, behind links as well (see
            :func:`~cpcl_mm.utils.image_folder.look_through`); an image file; a sequence of both;
            the config of a data set; or a data set.

    Returns:
        FolderContent: At least one image, and what is passed over.

    Raises:
        TypeError: If something is no path.
        ValueError: If there is no image.
    """
    if isinstance(images, str | Path):
        images = [images]
    elif isinstance(images, Mapping):
        with DefaultScope.overwrite_default_scope(SCOPE):
            images = DATASETS.build(dict(images))
    # A data set of this package, or of mmpretrain.
    if hasattr(images, 'images'):
        images = [image.path for image in images.images]
    elif hasattr(images, 'get_data_info'):
        images = [images.get_data_info(index)['img_path'] for index in range(len(images))]
    found = [_look_at(image) for image in images]
    paths = dict.fromkeys(path for each in found for path in each.images)
    if not paths:
        raise ValueError('there is no image to index: the list is empty')
    return FolderContent(
        list(paths), {path: why for each in found for path, why in each.passed_over.items()}
    )


def _look_at(image: Any) -> FolderContent:
    """Give an image file, or the images in a folder."""
    if not isinstance(image, str | Path):
        raise TypeError(f'{image!r:.40} is a {type(image).__name__}: give paths of image files')
    # Absolute, so that the gallery can be searched from another folder.
    path = os.path.abspath(os.path.expanduser(image))  # noqa: PTH100, PTH111 (keeps symlinks)
    if not Path(path).is_dir():
        return FolderContent([path], {})
    content = look_through(path)
    if not content.images:
        raise ValueError(
            f'there is no image in {path} or the folders below it; files that end in '
            f'{", ".join(SUFFIXES)} count as images. '
            + (count_passed_over(content.passed_over) or ['It is empty'])[0]
        )
    return content


def version_of(path: str) -> str:
    """Give size and time of change of an image file: what tells contents apart.

    Raises:
        ValueError: If the file does not exist, or no table or page could show its name.
    """
    if not is_unicode(path):
        raise ValueError('has a name that is not UTF-8: rename the file')
    try:
        status = Path(path).stat()
    except OSError as error:
        raise ValueError('does not exist') from error
    return f'{status.st_size}-{status.st_mtime_ns}'


def to_item(image: Image) -> dict[str, Any]:
    """Make the item of a pipeline from an image: ``img_path``, and ``img`` (H, W, 3) uint8 BGR.

    It is a file; an array (H, W, 3) or (H, W), uint8, BGR as mmcv and OpenCV read images; or a
    Pillow image. Raises ``ValueError`` if it cannot be read, or has another shape or type.
    """
    if isinstance(image, str | Path):
        return {'img_path': str(image), 'img': to_bgr(read_image(image))}
    if isinstance(image, PIL.Image.Image):
        return {'img_path': '', 'img': to_bgr(to_rgb(image))}
    array = np.asarray(image)
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise ValueError(
            f'is an array {array.shape} of {array.dtype}: expected (H, W, 3), BGR, uint8'
        )
    return {'img_path': '', 'img': np.ascontiguousarray(array)}
