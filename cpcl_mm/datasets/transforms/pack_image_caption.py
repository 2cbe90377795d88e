"""From the item of a pipeline to the inputs and the data sample of a retriever."""

from collections.abc import Sequence

from mmcv.transforms import BaseTransform
from mmpretrain.datasets.transforms import PackInputs
from mmpretrain.structures import DataSample

from cpcl_mm.registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackImageCaption(BaseTransform):
    """Pack an item into ``inputs`` and ``data_samples``.

    ``inputs`` is a dict of ``image``, a tensor (3, H, W) of the image's type and channel order,
    ``text`` and ``masked_text``, int64 tensors (L,); None stands for what the item does not have.
    ``data_samples`` is an mmpretrain ``DataSample`` with ``meta_keys`` as meta information.

    Read keys: ``img``, ``text``, ``masked_text`` and ``meta_keys``, each optional. All others are
    dropped.

    Args:
        meta_keys: Keys to keep as meta information, where the item has them.
    """

    META_KEYS = (
        'image_index',
        'caption_index',
        'identity',
        'sample_idx',
        'img_path',
        'caption',
    )

    def __init__(self, meta_keys: Sequence[str] = META_KEYS) -> None:
        self.meta_keys = tuple(meta_keys)

    def transform(self, results: dict) -> dict:
        """Pack an item."""
        image = results.get('img')
        meta = {key: results[key] for key in self.meta_keys if key in results}
        return {
            'inputs': {
                'image': None if image is None else PackInputs.format_input(image),
                'text': results.get('text'),
                'masked_text': results.get('masked_text'),
            },
            'data_samples': DataSample(metainfo=meta),
        }

    def __repr__(self) -> str:
        return f'{type(self).__name__}(meta_keys={self.meta_keys})'
