"""Items and pseudo labels that are made up, so that measuring needs no data set."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.dataset import pseudo_collate
from PIL import Image

from cpcl_mm.datasets.transforms.pipeline import build_pipeline
from cpcl_mm.models import MatchingHead
from cpcl_mm.pseudo_labels import Labels, Samples

CAPTION = 'A man in a red jacket and blue trousers with a black backpack and white shoes.'
IMAGES_PER_CLUSTER = 4


class MadeUpItems:
    """Items that look like those of a data set and have gone through its pipeline.

    Every image is one JPEG file of blurred noise, which lives as long as this object.

    Args:
        pipeline (Sequence): Transforms, as a config has them.
        view (str): ``'pairs'``, ``'images'`` or ``'captions'``: what an item holds.
        image_size (tuple[int, int]): Height and width of the file in pixels. Defaults to
            (384, 128).
    """

    def __init__(
        self, pipeline: Sequence[Any], view: str, image_size: tuple[int, int] = (384, 128)
    ) -> None:
        self.view = view
        self.pipeline = build_pipeline(pipeline)
        self._folder = tempfile.TemporaryDirectory()
        self._path = str(Path(self._folder.name, 'noise.jpg'))
        coarse = np.random.default_rng(0).integers(0, 256, (24, 8, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize(image_size[::-1], Image.Resampling.BICUBIC).save(self._path)

    def batch(self, batch_size: int) -> dict[str, Any]:
        """Make a batch, as a data loader does.

        Args:
            batch_size (int): Number of items B.

        Returns:
            dict: ``inputs``, and ``data_samples`` of B samples whose ``image_index`` and
            ``caption_index`` count from 0.
        """
        return pseudo_collate([self.pipeline(self._item(index)) for index in range(batch_size)])

    def _item(self, index: int) -> dict[str, Any]:
        modality = {'pairs': 'pair', 'images': 'image', 'captions': 'text'}[self.view]
        item: dict[str, Any] = dict(modality=modality, image_index=index, caption_index=-1)
        item |= dict(identity=-1, sample_idx=index)
        if self.view != 'captions':
            item |= dict(img_path=self._path)
        if self.view != 'images':
            item |= dict(caption=CAPTION, caption_index=index)
        return item


def label_at_random(
    head: Any, num_images: int, num_captions: int, dims: int, device: torch.device
) -> None:
    """Give a head pseudo labels as after a clustering, a cluster for every four images.

    Args:
        head (MatchingHead): The head; one of another kind is left as it is.
        num_images (int): Images of the training set.
        num_captions (int): Captions of the training set.
        dims (int): Length of a feature.
        device (torch.device): Where the model is.
    """
    if not isinstance(head, MatchingHead):
        return
    sizes = {'image': num_images, 'text': num_captions}
    num_clusters = max(1, num_images // IMAGES_PER_CLUSTER)
    generator = torch.Generator().manual_seed(0)
    features = {
        m: F.normalize(torch.randn(sizes[m], dims, generator=generator), dim=1).numpy()
        for m in head.needs
    }
    image_of_caption = np.arange(num_captions) % num_images
    samples = Samples(features, image_of_caption, np.full(num_images, -1))
    labels = Labels({m: np.arange(number) % num_clusters for m, number in sizes.items()})
    head.set_labels(labels, samples, device)
