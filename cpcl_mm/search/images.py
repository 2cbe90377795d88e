"""Images that come as files or as arrays: one way into the test pipeline for both."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageOps

from cpcl_mm.datasets.image_check import check_quickly
from cpcl_mm.registry import TRANSFORMS

Image = str | Path | np.ndarray | PIL.Image.Image
Step = Mapping[str, Any] | Callable

LOADERS = ('LoadImage', 'LoadImageFromFile')
MAX_PIXELS = 50_000_000
"""Larger images are no crops of persons; one of them takes 150 MB when decoded."""


def check_image_file(path: str, max_pixels: int = MAX_PIXELS) -> None:
    """Refuse a file that would fail, or fill the memory, when decoded; reads header and end only.

    Args:
        path (str): An image file.
        max_pixels (int): The most pixels that an image may have.

    Raises:
        ValueError: What is wrong with the file, without its name.
    """
    try:
        problem = check_quickly(path)
        with PIL.Image.open(path) as image:
            width, height = image.size
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise ValueError('does not exist') from None
    except PIL.UnidentifiedImageError:
        raise ValueError('is not a readable image: its content is of no known format') from None
    # Pillow's plugins raise whatever their parser meets: SyntaxError, struct.error, ...
    except Exception as error:
        raise ValueError(f'is not a readable image: {error}') from error
    if problem:
        raise ValueError(problem)
    if width * height > max_pixels:
        raise ValueError(f'has {width} x {height} pixels, more than max_pixels={max_pixels:,}')


def to_item(image: Image) -> dict[str, Any]:
    """Make the item of a pipeline from an image.

    Args:
        image (str | Path | ndarray | PIL.Image): An image file; or an array (H, W, 3) or (H, W),
            uint8, BGR as mmcv and OpenCV read images; or a Pillow image of any mode.

    Returns:
        dict: ``img_path``, and for arrays ``img`` (H, W, 3) uint8 BGR.

    Raises:
        ValueError: If an array has another shape or type.
    """
    if isinstance(image, str | Path):
        return {'img_path': str(image)}
    if isinstance(image, PIL.Image.Image):
        # Turned as its EXIF data say, as a file is when it is loaded.
        image = np.asarray(PIL.ImageOps.exif_transpose(image).convert('RGB'))[..., ::-1]
    array = np.asarray(image)
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise ValueError(
            f'is an array {array.shape} of {array.dtype}: expected (H, W, 3), BGR, uint8'
        )
    return {'img_path': '', 'img': np.ascontiguousarray(array)}


def load_or_take(pipeline: Sequence[Step]) -> list[Step]:
    """Let a pipeline that loads files also accept items that hold their image.

    Args:
        pipeline (Sequence[dict | Callable]): Transforms, as in the config of a data set.

    Returns:
        list[dict | Callable]: The same, with another step in the place of the one that loads.
    """
    return [_replace(step) if isinstance(step, Mapping) else step for step in pipeline]


def _replace(step: Mapping[str, Any]) -> Step:
    if str(step.get('type')).split('.')[-1] in LOADERS:
        return LoadOrTake(TRANSFORMS.build(step))
    if 'transforms' in step:
        return {**step, 'transforms': load_or_take(step['transforms'])}
    return step


class LoadOrTake:
    """Loads the image of an item unless the item has it.

    Args:
        load (Callable): The transform that loads.
    """

    def __init__(self, load: Callable[[dict], dict]) -> None:
        self.load = load

    def __call__(self, item: dict[str, Any]) -> dict[str, Any]:
        """Add ``img``, ``img_shape`` and ``ori_shape`` to an item."""
        if 'img' not in item:
            return self.load(item)
        shape = item['img'].shape[:2]
        return {**item, 'img_shape': shape, 'ori_shape': shape}
