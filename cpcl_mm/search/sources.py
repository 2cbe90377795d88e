"""What a gallery is made from: a folder, files, a data set, or arrays."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.registry import DefaultScope

from cpcl_mm.registry import DATASETS, SCOPE

from .images import Image, to_item

EXTENSIONS = ('.bmp', '.gif', '.jpeg', '.jpg', '.pgm', '.png', '.ppm', '.tif', '.tiff', '.webp')
"""Files of a folder that count as images; files given by name may be called anything."""

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
            ValueError: If the file does not exist.
        """
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


def find_images(images: Images | Any) -> list[ImageSource]:
    """List the images to index, each once.

    Args:
        images: A folder, searched with all folders below it; an image file; a sequence of folders
            and files, or of arrays and Pillow images, then named ``image 0``, ``image 1``, ...;
            arrays by name; the config of a data set; or a data set.

    Returns:
        list[ImageSource]: At least one image, in the order given; those of a folder by name.

    Raises:
        TypeError: If something is no image.
        ValueError: If there is no image.
    """
    if isinstance(images, str | Path):
        images = [images]
    elif _is_dataset(images):
        images = _paths_of_dataset(images)
    named = images.items() if isinstance(images, Mapping) else enumerate(images)
    sources = [source for key, image in named for source in _sources(key, image)]
    if not sources:
        raise ValueError('there is no image to index: the list is empty')
    return list({source.name: source for source in sources}.values())


def _sources(key: str | int, image: Any) -> list[ImageSource]:
    """The images behind one entry of a list."""
    if not isinstance(image, str | Path):
        if not isinstance(image, np.ndarray) and not hasattr(image, 'convert'):
            raise TypeError(f'image {key} is a {type(image).__name__}: give a path or an array')
        return [ImageSource(key if isinstance(key, str) else f'image {key}', image)]
    # Absolute, so that the gallery can be searched from another folder.
    path = os.path.abspath(os.path.expanduser(image))  # noqa: PTH100, PTH111 (keeps symlinks)
    paths = _walk(path) if Path(path).is_dir() else [path]
    return [ImageSource(path, path) for path in paths]


def _walk(folder: str) -> list[str]:
    """The image files below a folder, by name."""
    found = sorted(
        str(Path(parent, name))
        for parent, _, names in os.walk(folder)
        for name in names
        if name.lower().endswith(EXTENSIONS) and not name.startswith('.')
    )
    if not found:
        raise ValueError(
            f'there is no image in {folder} or the folders below it; files that end in '
            f'{", ".join(EXTENSIONS)} count as images'
        )
    return found


def _is_dataset(images: Any) -> bool:
    return (
        hasattr(images, 'get_data_info')
        or hasattr(images, 'images')
        or (isinstance(images, Mapping) and isinstance(images.get('type'), str))
    )


def _paths_of_dataset(dataset: Any) -> list[str]:
    """The image files of a data set of this package or of mmpretrain."""
    if isinstance(dataset, Mapping):
        with DefaultScope.overwrite_default_scope(SCOPE):
            dataset = DATASETS.build(dict(dataset))
    if hasattr(dataset, 'images'):
        return [image.path for image in dataset.images]
    return [dataset.get_data_info(index)['img_path'] for index in range(len(dataset))]
