"""ICPG's labels: clusters of images label images and captions."""

from collections.abc import Mapping
from typing import Any

from cpcl_mm.registry import TASK_UTILS

from ..labels import Labels
from ..samples import Samples
from .clustering import cluster_modality
from .labeller import Labeller


@TASK_UTILS.register_module()
class ImageClusters(Labeller):
    """Cluster images alone; every caption takes the label of its image.

    The rule of ICPG (PRCV 2024): images cluster more reliably than captions.

    Args:
        image (dict): Config of the clusterer of images.
        weigh_images (bool): As for :class:`PerModality`. Defaults to False.
    """

    needs = frozenset({'image'})

    def __init__(self, image: Mapping[str, Any], weigh_images: bool = False) -> None:
        self.clusterer = TASK_UTILS.build(image)
        self.weigh_images = weigh_images

    def label(self, samples: Samples) -> Labels:
        """Cluster the images."""
        weights = samples.captions_of_image if self.weigh_images else None
        result = cluster_modality(self.clusterer, 'image', samples, weights)
        labels = {'image': result.labels, 'text': result.labels[samples.image_of_caption]}
        return Labels(labels, seconds={f'image_{k}': v for k, v in result.seconds.items()})
