"""What a gallery is made from: a folder, files, a data set, or arrays."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from mmengine.registry import DefaultScope

from cpcl_mm.registry import DATASETS, SCOPE
from cpcl_mm.utils.image_file import SUFFIXES
from cpcl_mm.utils.image_folder import count_passed_over, look_through
from cpcl_mm.utils.printable import is_unicode

from .images import Image, to_item

Images = str | Path | Sequence[Image] | Mapping[str, Any]


@dataclass(frozen=True)
class ImageSource:
    """An image to index.

    Attributes:
        name (str): Its absolute path, or the name of an array.
        image (str | ndarray | PIL.Image): The path, or the image itself.
    """

    name: str
    image: Image

    def version(self) -> str:
        """Say which content the image has, so that it is encoded again only if it changes.

        Returns:
            str: Size and time of the last change of a file, a hash of an array.

        Raises:
            ValueError: If the file does not exist, or no table or page could show its name.
        """
        if not is_unicode(self.name):
            raise ValueError('has a name that is not UTF-8: rename the file')
        if not isinstance(self.image, str):
            array = to_item(self.image)['img']
            return hashlib.blake2b(
                repr(array.shape).encode() + array.data, digest_size=16
            ).hexdigest()
        try:
            status = Path(self.image).stat()
        except OSError as error:
            raise ValueError('does not exist') from error
        return f'{status.st_size}-{status.st_mtime_ns}'


class FoundImages(NamedTuple):
    """The images to index.

    Attributes:
        sources (list[ImageSource]): In the order given; those of a folder by name.
        passed_over (Mapping[str, str]): Path of what a folder holds besides to why it is no image.
    """

    sources: list[ImageSource]
    passed_over: Mapping[str, str] = {}


def find_images(images: Images | Any) -> FoundImages:
    """List the images to index, each once.

    Args:
        images: A folder, searched with all folders below it, behind links as well (see
            :func:`~cpcl_mm.utils.image_folder.look_through`); an image file; a sequence of folders
            and files, or of arrays and Pillow images, then named ``image 0``, ``image 1``, ...;
            arrays by name; the config of a data set; or a data set.

    Returns:
        FoundImages: At least one image, and what is passed over.

    Raises:
        TypeError: If something is no image.
        ValueError: If there is no image.
    """
    if isinstance(images, str | Path):
        images = [images]
    elif _is_dataset(images):
        images = _paths_of_dataset(images)
    named = images.items() if isinstance(images, Mapping) else enumerate(images)
    found = [_sources(key, image) for key, image in named]
    # By name: each image once.
    sources = {source.name: source for part in found for source in part.sources}
    if not sources:
        raise ValueError('there is no image to index: the list is empty')
    passed_over = {path: reason for part in found for path, reason in part.passed_over.items()}
    return FoundImages(list(sources.values()), passed_over)


def _sources(key: str | int, image: Any) -> FoundImages:
    """Give the images behind one entry of a list."""
    if not isinstance(image, str | Path):
        if not isinstance(image, np.ndarray) and not hasattr(image, 'convert'):
            raise TypeError(f'image {key} is a {type(image).__name__}: give a path or an array')
        return FoundImages([ImageSource(key if isinstance(key, str) else f'image {key}', image)])
    # Absolute, so that the gallery can be searched from another folder.
    path = os.path.abspath(os.path.expanduser(image))  # noqa: PTH100, PTH111 (keeps symlinks)
    if not Path(path).is_dir():
        return FoundImages([ImageSource(path, path)])
    images, passed_over = look_through(path)
    if not images:
        raise ValueError(
            f'there is no image in {path} or the folders below it; files that end in '
            f'{", ".join(SUFFIXES)} count as images. '
            + (count_passed_over(passed_over) or ['It is empty'])[0]
        )
    return FoundImages([ImageSource(name, name) for name in images], passed_over)


def _is_dataset(images: Any) -> bool:
    return (
        hasattr(images, 'get_data_info')
        or hasattr(images, 'images')
        or (isinstance(images, Mapping) and isinstance(images.get('type'), str))
    )


def _paths_of_dataset(dataset: Any) -> list[str]:
    """Give the image files of a data set of this package or of mmpretrain."""
    if isinstance(dataset, Mapping):
        with DefaultScope.overwrite_default_scope(SCOPE):
            dataset = DATASETS.build(dict(dataset))
    if hasattr(dataset, 'images'):
        return [image.path for image in dataset.images]
    return [dataset.get_data_info(index)['img_path'] for index in range(len(dataset))]
