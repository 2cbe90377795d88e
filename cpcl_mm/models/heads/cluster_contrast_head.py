"""A prototype memory of images alone, as the head of mmpretrain's own ImageClassifier."""

import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample
from torch import Tensor

from cpcl_mm.registry import MODELS

from .matching_head import MatchingHead
from .prototypical_memory_head import split_memory_settings


@MODELS.register_module()
class ClusterContrastHead(MatchingHead):
    """Learns features of images from the clusters that they form: no caption, no identity label.

    Cluster contrast (arXiv 2103.11568), with the memory that CPCL has for either modality. Adapts
    :class:`MatchingHead` to the interface of mmpretrain's ``ImageClassifier``.

    Args:
        memory (dict, optional): ``momentum`` and ``mode`` of :class:`PrototypeMemory`, and the
            ``temperature`` of :class:`PrototypeLoss`.
        init_cfg (dict, optional): Initialization config of mmengine. Defaults to None.

    Examples:
        .. code:: python

            model = dict(
                type='ImageClassifier',
                backbone=dict(type='ResNet', depth=50),
                neck=dict(type='GlobalAveragePooling'),
                head=dict(type='cpcl_mm.ClusterContrastHead'),
            )
    """

    def __init__(self, memory: dict | None = None, init_cfg: dict | None = None) -> None:
        settings, contrast = split_memory_settings(memory)
        super().__init__(
            dict(contrast=dict(type='PrototypeLoss', pairs=[('image', 'image')], **contrast)),
            dict(image=dict(type='PrototypeMemory', **settings)),
            init_cfg,
        )

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """L2-normalize the features of the last stage, (B, D) in fp32."""
        with torch.autocast(feats[-1].device.type, enabled=False):
            return F.normalize(feats[-1].float(), dim=-1)

    def loss(  # type: ignore[override]
        self, feats: tuple[Tensor, ...], data_samples: list[DataSample]
    ) -> dict[str, Tensor]:
        """Contrast a batch of images with the prototypes, see :meth:`MatchingHead.loss`.

        The last of ``feats`` is (B, D), and the samples have ``image_index``. Gives
        ``loss_contrast``.
        """
        return super().loss({'image': self(feats)}, data_samples)

    def predict(
        self, feats: tuple[Tensor, ...], data_samples: list[DataSample] | None = None
    ) -> list[DataSample]:
        """Give every image its ``feature`` (D,), in samples of its own if there are none."""
        features = self(feats)
        samples = data_samples or [DataSample() for _ in features]
        for sample, feature in zip(samples, features, strict=True):
            sample.feature = feature
        return samples
