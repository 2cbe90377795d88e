"""Features that nothing can be clustered or ranked by, named by what they were made of."""

import torch
from torch import Tensor

from cpcl_mm.datasets import ImageCaptionDataset

_SHOWN = 3


def check_features(features: Tensor, dataset: ImageCaptionDataset) -> None:
    """Refuse features that are not finite or have no direction.

    Args:
        features (Tensor): (N, D), a row for every item of the data set.
        dataset (ImageCaptionDataset): Of the view ``'images'`` or ``'captions'``.

    Raises:
        ValueError: If there are any: how many, and the first images by path or captions by text.
    """
    finite = features.isfinite().all(dim=1)
    _refuse(
        ~finite,
        dataset,
        'are not finite',
        'training has probably diverged: lower the learning rate, or clip gradients by '
        'optim_wrapper.clip_grad',
    )
    _refuse(
        (features == 0).all(dim=1),
        dataset,
        'are all zero',
        'such a feature is like no other: look at the last layer of the model, and at what these '
        'items become in the pipeline',
    )


def _refuse(bad: Tensor, dataset: ImageCaptionDataset, what: str, advice: str) -> None:
    indices = torch.nonzero(bad).flatten().tolist()
    if not indices:
        return
    names = ', '.join(_name(dataset, index) for index in indices[:_SHOWN])
    more = ', ...' if len(indices) > _SHOWN else ''
    raise ValueError(
        f'{len(indices)} of the {len(bad)} features of {dataset.view} {what}: {names}{more}; '
        f'{advice}'
    )


def _name(dataset: ImageCaptionDataset, index: int) -> str:
    """Path of an image, or a caption with the path of its image."""
    item = dataset.get_item(index)
    if 'caption' not in item:
        return item['img_path']
    return f'{item["caption"]!r} of {dataset.images[item["image_index"]].path}'
