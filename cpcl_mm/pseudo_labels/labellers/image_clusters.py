"""ICPG's labels: clusters of images label images and captions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cpcl_mm.registry import TASK_UTILS

from ..labels import Labels
from ..samples import Samples
from .labeller import Labeller
from .per_modality import PerModality


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
        self.images = PerModality(image=image, weigh_images=weigh_images)

    def label(self, samples: Samples) -> Labels:
        """Cluster the images."""
        labels = self.images.label(samples)
        image = labels.of['image']
        return replace(labels, of={'image': image, 'text': image[samples.image_of_caption]})
