"""Data samples of pairs, and their labels: four images with two captions each."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample
from torch import Tensor

from cpcl_mm.models import MatchingHead
from cpcl_mm.pseudo_labels import Labels, Samples

LABELS = {'image': [0, 0, 1, -1], 'text': [0, 0, 1, -1, 2, 2, -1, 1]}


@pytest.fixture(scope='session')
def samples() -> Callable[..., list[DataSample]]:
    """``samples((image, caption), ...)`` are the samples of pairs."""

    def make(*pairs: tuple[int, int]) -> list[DataSample]:
        return [DataSample(metainfo=dict(image_index=v, caption_index=t)) for v, t in pairs]

    return make


@pytest.fixture(scope='session')
def pairs(samples: Callable[..., list[DataSample]]) -> list[DataSample]:
    """Each image with its first caption: image labels 0, 0, 1, -1 and text labels 0, 1, 2, -1."""
    return samples((0, 0), (1, 2), (2, 4), (3, 6))


@pytest.fixture
def prototypes(unit: Callable[..., Tensor]) -> dict[str, Tensor]:
    """The centroids of the clusters that ``labelled`` gives a head."""
    return {'image': unit(8, 2), 'text': unit(9, 3)}


@pytest.fixture
def labelled(prototypes: dict[str, Tensor]) -> Callable[..., Any]:
    """``labelled(head)`` is the head with labels, by modality, and what is known about them."""

    def give(head: MatchingHead, of: Mapping[str, list[int]] = LABELS, **known: Any) -> Any:
        labels = Labels({m: np.array(x, dtype=np.int64) for m, x in of.items()}, **known)
        features = {m: prototypes[m][x].numpy() for m, x in labels.of.items()}
        owner = np.arange(8 if 'text' in of else 0) // 2
        head.set_labels(labels, Samples(features, owner, np.full(4, -1)), torch.device('cpu'))
        return head

    return give
