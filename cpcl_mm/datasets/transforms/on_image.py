"""Image transforms in the pipeline of a data set whose items may be captions alone."""

from mmcv.transforms import BaseTransform

from cpcl_mm.registry import TRANSFORMS

from .pipeline import Pipeline, build_pipeline


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
