"""Transforms of the image of an item: reading it, all others on it, and a second view of it."""

from mmcv.transforms import BaseTransform

from cpcl_mm.registry import TRANSFORMS
from cpcl_mm.utils.image_file import read_image, to_bgr

from .pipeline import Pipeline, build_pipeline


@TRANSFORMS.register_module()
class LoadImage(BaseTransform):
    """Read an image as :func:`~cpcl_mm.utils.image_file.read_image` does, for mmcv's transforms.

    Required key: ``img_path``; an image that is there already, as of a search by an array, stays.
    Added keys: ``img`` (H, W, 3) uint8 BGR, ``img_shape``, ``ori_shape``.
    """

    def transform(self, results: dict) -> dict:
        """Read the image of an item.

        Raises:
            OSError: The file is missing or cannot be decoded.
        """
        try:
            image = results['img'] if 'img' in results else to_bgr(read_image(results['img_path']))
        except ValueError as error:
            raise OSError(
                f'cannot load image {results["img_path"]} (image {results.get("image_index")} of '
                f'the split, item {results.get("sample_idx")} of the data set): it {error}. '
                "Restore the file, or set bad_records='skip' and check_images='decode' in the data "
                'set to leave such images out.'
            ) from error
        shape = image.shape[:2]
        return results | {'img': image, 'img_shape': shape, 'ori_shape': shape}


@TRANSFORMS.register_module()
class OnImage(BaseTransform):
    """Apply image transforms to the items that have an image; pass others through.

    One pipeline then serves pairs, galleries and queries, and any transform of mmcv or
    mmpretrain works in it unchanged::

        pipeline = [
            dict(type='OnImage', transforms=[
                dict(type='LoadImage'),
                dict(type='Resize', scale=(128, 384)),  # width, height
            ]),
            dict(type='Tokenize', tokenizer=dict(type='WordTokenizer')),
            dict(type='PackImageCaption'),
        ]

    Required key: none. An item has an image if it has ``img_path``.

    Args:
        transforms: Configs of transforms, or callables, applied in this order.
    """

    def __init__(self, transforms: Pipeline) -> None:
        self.transforms = build_pipeline(transforms)

    def transform(self, results: dict) -> dict | None:
        """Transform an item with an image, or return the item as it is."""
        return self.transforms(results) if 'img_path' in results else results

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.transforms})'


@TRANSFORMS.register_module()
class SecondView(BaseTransform):
    """Transform a copy of the image, and keep it beside the image itself.

    For losses that compare two views, such as DGCMIA's consistency. ``PackImageCaption(keys=dict(
    augmented_image='augmented_img'))`` makes it an input, and ``TextToImageRetriever(encoders=dict(
    augmented_image='image'))`` has the image tower encode it. To be put within :class:`OnImage`.

    Required key: ``img``. Added key: ``augmented_img``.

    Args:
        transforms: Configs of transforms, or callables, applied to the copy in this order.
    """

    def __init__(self, transforms: Pipeline) -> None:
        self.transforms = build_pipeline(transforms)

    def transform(self, results: dict) -> dict:
        """Add the second view."""
        copy = self.transforms({**results, 'img': results['img'].copy()})
        return results | {'augmented_img': copy['img']}

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.transforms})'
