"""From the item of a pipeline to the inputs and the data sample of a retriever."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmpretrain.datasets.transforms import PackInputs
from mmpretrain.structures import DataSample
from torch import Tensor

from cpcl_mm.registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackImageCaption(BaseTransform):
    """Pack an item into ``inputs`` and ``data_samples``.

    ``inputs`` is a dict of tensors: images (3, H, W) of their type and channel order, token ids
    int64 (L,), numbers (); None stands for what the item does not have. ``data_samples`` is an
    mmpretrain ``DataSample`` with ``meta_keys`` as meta information. All else is dropped.

    Args:
        keys: Names of inputs, and the keys of the item that they are made of, added to
            :attr:`KEYS`. A model gets every input by its name, and a loss those that no tower
            encodes: ``keys=dict(identity='identity_label')``.
        meta_keys: Keys to keep as meta information, where the item has them.
    """

    KEYS: Mapping[str, str] = {
        'image': 'img',
        'text': 'text',
        'masked_text': 'masked_text',
        'masked_labels': 'masked_labels',
    }
    META_KEYS = (
        'modality',
        'image_index',
        'caption_index',
        'identity',
        'identity_label',
        'sample_idx',
        'img_path',
        'caption',
    )

    def __init__(
        self, keys: Mapping[str, str] | None = None, meta_keys: Sequence[str] = META_KEYS
    ) -> None:
        self.keys = {**self.KEYS, **(keys or {})}
        self.meta_keys = tuple(meta_keys)

    def transform(self, results: dict) -> dict:
        """Pack an item."""
        meta = {key: results[key] for key in self.meta_keys if key in results}
        return {
            'inputs': {name: _to_tensor(results.get(key)) for name, key in self.keys.items()},
            'data_samples': DataSample(metainfo=meta),
        }

    def __repr__(self) -> str:
        return f'{type(self).__name__}(keys={self.keys}, meta_keys={self.meta_keys})'


def _to_tensor(value: Any) -> Tensor | None:
    if value is None or isinstance(value, Tensor):
        return value
    if isinstance(value, np.ndarray) and value.ndim >= 2:
        return PackInputs.format_input(value)
    return torch.as_tensor(value)
