"""Images that come as files or as arrays: one way into the test pipeline for both."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from cpcl_mm.utils.image_file import read_image, to_bgr, to_rgb

Image = str | Path | np.ndarray | PIL.Image.Image
Step = Mapping[str, Any] | Callable

LOADERS = ('LoadImage', 'LoadImageFromFile')


def to_item(image: Image) -> dict[str, Any]:
    """Make the item of a pipeline from an image.

    Args:
        image (str | Path | ndarray | PIL.Image): An image file; or an array (H, W, 3) or (H, W),
            uint8, BGR as mmcv and OpenCV read images; or a Pillow image.

    Returns:
        dict: ``img_path``, and ``img`` (H, W, 3) uint8 BGR.

    Raises:
        ValueError: If a file cannot be read, or an array has another shape or type.
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


def load_or_take(pipeline: Sequence[Step]) -> list[Step]:
    """Let a pipeline that loads files also accept items that hold their image.

    Args:
        pipeline (Sequence[dict | Callable]): Transforms, as in the config of a data set.

    Returns:
        list[dict | Callable]: The same, with another step in the place of the one that loads.

    Raises:
        ValueError: If the loader makes other images than those of :func:`to_item`.
    """
    return [_replace(step) if isinstance(step, Mapping) else step for step in pipeline]


def _replace(step: Mapping[str, Any]) -> Step:
    if str(step.get('type')).split('.')[-1] in LOADERS:
        if step.get('to_float32') or step.get('color_type', 'color') != 'color':
            raise ValueError(f'the test pipeline loads by {dict(step)}: only 8-bit color will do')
        return _load_unless_there
    if 'transforms' in step:
        return {**step, 'transforms': load_or_take(step['transforms'])}
    return step


def _load_unless_there(item: dict[str, Any]) -> dict[str, Any]:
    """Add ``img``, unless an item has it, and ``img_shape`` and ``ori_shape``."""
    if 'img' not in item:
        item = item | to_item(item['img_path'])
    shape = item['img'].shape[:2]
    return {**item, 'img_shape': shape, 'ori_shape': shape}
