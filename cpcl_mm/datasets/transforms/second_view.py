"""A second, differently augmented view of an image."""

from mmcv.transforms import BaseTransform

from cpcl_mm.registry import TRANSFORMS

from .pipeline import Pipeline, build_pipeline


@TRANSFORMS.register_module()
class SecondView(BaseTransform):
    """Transform a copy of the image, and keep it beside the image itself.

    For losses that compare two views, such as DGCMIA's consistency. ``PackImageCaption(keys=dict(
    augmented_image='augmented_img'))`` makes it an input, and ``TextToImageRetriever(encoders=dict(
    augmented_image='image'))`` has the image tower encode it. To be put within :class:`OnImage`.

    Required key: ``img``. Added key: ``key``.

    Args:
        transforms: Configs of transforms, or callables, applied to the copy in this order.
        key: Key of the second view. Defaults to ``'augmented_img'``.
    """

    def __init__(self, transforms: Pipeline, key: str = 'augmented_img') -> None:
        self.transforms = build_pipeline(transforms)
        self.key = key

    def transform(self, results: dict) -> dict:
        """Add the second view."""
        copy = self.transforms({**results, 'img': results['img'].copy()})
        return results | {self.key: copy['img']}

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.transforms}, key={self.key!r})'
