"""Test-time augmentation for retrieval: the mean of the features of all views of an item."""

from collections.abc import Sequence

import torch
from mmengine.model import BaseTTAModel
from mmpretrain.structures import DataSample
from torch.nn.functional import normalize

from cpcl_mm.registry import MODELS


@MODELS.register_module()
class AverageFeatureTTA(BaseTTAModel):
    """Average the features of the views that mmcv's ``TestTimeAug`` makes of each item.

    ``tools/test.py --tta`` wraps the model of a config in it.

    Args:
        module (dict | nn.Module): The retriever.
    """

    def merge_preds(self, data_samples_list: Sequence[Sequence[DataSample]]) -> list[DataSample]:
        """Give the first sample of each item; its feature is the mean of the views, of length 1."""
        for views in data_samples_list:
            mean = torch.stack([view.feature for view in views]).mean(0)
            views[0].feature = normalize(mean, dim=0)
        return [views[0] for views in data_samples_list]
