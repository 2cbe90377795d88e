"""The prototype memory of images alone, as the head of mmpretrain's own ImageClassifier."""

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpretrain.structures import DataSample
from torch import Tensor

from cpcl_mm.registry import MODELS

from ..memories import PrototypeMemory
from ..utils import ResizableBuffers, gather, gather_with_grad
from .label_lookup import check_labelled, look_up_labels


@MODELS.register_module()
class ClusterContrastHead(ResizableBuffers, BaseModule):
    """Learns features of images from the clusters that they form: no caption, no identity label.

    Cluster contrast (arXiv 2103.11568), with the memory that CPCL has for either modality: an
    image is pulled to the prototype of its own cluster, away from those of all others, and the
    prototypes follow the features. :class:`~cpcl_mm.engine.PseudoLabelHook` clusters before every
    epoch; without it, or where all images are outliers, the loss is 0.

    Args:
        memory (dict, optional): Settings of :class:`PrototypeMemory`.
        init_cfg (dict, optional): Initialisation config of mmengine. Defaults to None.

    Examples:
        .. code:: python

            model = dict(
                type='ImageClassifier',
                backbone=dict(type='ResNet', depth=50),
                neck=dict(type='GlobalAveragePooling'),
                head=dict(type='cpcl_mm.ClusterContrastHead'),
            )
    """

    # What it has labels of, for PseudoLabelHook.
    modalities = ('image',)
    resizable_buffers = ('image_labels',)
    image_labels: Tensor

    def __init__(self, memory: dict | None = None, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.image_memory = PrototypeMemory(**(memory or {}))
        self.register_buffer('image_labels', torch.zeros(0, dtype=torch.long))

    def set_pseudo_labels(self, image_labels: Tensor, image_centroids: Tensor) -> None:
        """Take the labels of a clustering and rebuild the memory.

        Args:
            image_labels (Tensor): Int64 (N,), -1 for outliers.
            image_centroids (Tensor): L2-normalised (K, D).
        """
        self.image_labels = image_labels.to(self.image_labels.device).clone()
        self.image_memory.reset(image_centroids)

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Normalise the features of the last stage.

        Args:
            feats (tuple[Tensor]): Outputs of the neck, the last one (B, D).

        Returns:
            Tensor: L2-normalised (B, D), fp32.
        """
        return F.normalize(feats[-1].float(), dim=-1)

    def loss(self, feats: tuple[Tensor, ...], data_samples: list[DataSample]) -> dict[str, Tensor]:
        """Contrast the gathered batch with the prototypes, then update these with it.

        Args:
            feats (tuple[Tensor]): Outputs of the neck, the last one (B, D).
            data_samples (list[DataSample]): B samples with ``image_index``.

        Returns:
            dict[str, Tensor]: ``loss_contrast``, a scalar, the same on every rank.

        Raises:
            ValueError: If the labels belong to another data set, or the prototypes to features of
                another size.
        """
        # Similarities over a temperature of 0.05 are too large for half precision.
        with torch.autocast(feats[-1].device.type, enabled=False):
            features = gather_with_grad(self(feats))
            index = torch.tensor([sample.image_index for sample in data_samples])
            check_labelled(index, self.image_labels, 'images')
            index = gather(index.to(features.device, non_blocking=True))
            labels = look_up_labels(self.image_labels, index)
            loss = self.image_memory.contrast(features, labels)
            self.image_memory.update(features.detach(), labels)
        return {'loss_contrast': loss}

    def predict(
        self, feats: tuple[Tensor, ...], data_samples: list[DataSample] | None = None
    ) -> list[DataSample]:
        """Give every image its feature.

        Args:
            feats (tuple[Tensor]): Outputs of the neck, the last one (B, D).
            data_samples (list[DataSample], optional): B samples. Defaults to None: fresh ones.

        Returns:
            list[DataSample]: The samples, each with its ``feature`` (D,).
        """
        features = self(feats)
        samples = data_samples or [DataSample() for _ in features]
        for sample, feature in zip(samples, features, strict=True):
            sample.feature = feature
        return samples
