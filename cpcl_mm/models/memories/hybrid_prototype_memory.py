"""A memory of prototypes that both modalities share."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from cpcl_mm.pseudo_labels import Labels, Samples, cluster_centroids
from cpcl_mm.registry import MODELS

from .prototype_memory import PrototypeMemory


@MODELS.register_module()
class HybridPrototypeMemory(PrototypeMemory):
    """One prototype for each image cluster, made of images and of the captions linked to them.

    It starts as the mean of the image centroid and of the text centroids that the pairs of the
    cluster fall into, and features of either modality move it by the label of the image. CPCL's
    abstract (arXiv 2401.10011) only hints at such a memory.

    Args:
        features (Sequence[str]): As for :class:`PrototypeMemory`. Defaults to
            ``('image', 'text')``.
        momentum (float): As for :class:`PrototypeMemory`. Defaults to 0.2.
        mode (str): As for :class:`PrototypeMemory`. Defaults to ``'mean'``.
    """

    def __init__(
        self,
        features: Sequence[str] = ('image', 'text'),
        momentum: float = 0.2,
        mode: str = 'mean',
    ) -> None:
        super().__init__('image', features, momentum, mode)

    @property
    def needs(self) -> frozenset[str]:
        """Both modalities."""
        return frozenset({'image', 'text'})

    def rebuild(self, labels: Labels, samples: Samples, device: torch.device) -> None:
        """Join the centroids, see :meth:`Memory.rebuild`."""
        image, text = (
            torch.from_numpy(cluster_centroids(samples.features[m], labels.of[m])).to(device)
            for m in ('image', 'text')
        )
        image_of_pair = labels.of['image'][samples.image_of_caption]
        self.reset(_joined(image, text, image_of_pair, labels.of['text']))


def _joined(
    image: Tensor, text: Tensor, image_of_pair: np.ndarray, text_of_pair: np.ndarray
) -> Tensor:
    """Mean (Kv, D) of each image centroid and of the text centroids that its pairs fall into."""
    linked = (image_of_pair >= 0) & (text_of_pair >= 0)
    image_label, text_label = (
        torch.from_numpy(x[linked]).to(image.device) for x in (image_of_pair, text_of_pair)
    )
    total = torch.zeros_like(image)
    if len(text_label):
        total.index_add_(0, image_label, text[text_label])
    return F.normalize(image + F.normalize(total, dim=-1), dim=-1)
