"""What a labeller can know about the training set."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cpcl_mm.utils.named import Named


@dataclass(frozen=True)
class Samples:
    """Images and captions of the training set, by modality: ``'image'`` and ``'text'``.

    Attributes:
        features: L2-normalized float32 (N, D) of the modalities that were asked for.
        image_of_caption: (Nt,) int64, the index of each caption's image.
        identities: (Nv,) int64, the true identity of each image, 0..K-1, -1 where unknown. For
            reports, and for labellers that say so.

    Raises:
        ValueError: If the parts do not fit each other.
    """

    features: Mapping[str, np.ndarray]
    image_of_caption: np.ndarray
    identities: np.ndarray

    def __post_init__(self) -> None:
        outside = (self.image_of_caption < 0) | (self.image_of_caption >= len(self.identities))
        if outside.any():
            caption = int(outside.argmax())
            raise ValueError(
                f'image_of_caption[{caption}] is {self.image_of_caption[caption]}, '
                f'but there are {len(self.identities)} images'
            )
        for modality, features in self.features.items():
            wanted = len(self.identities_of(modality))
            if len(features) != wanted:
                raise ValueError(
                    f'{len(features)} features of {modality!r}, but there are {wanted} samples: '
                    'give one row for each'
                )
        object.__setattr__(self, 'features', Named('feature that was asked for', self.features))
        sizes = {modality: x.shape[1] for modality, x in self.features.items()}
        if len(set(sizes.values())) > 1:
            raise ValueError(
                f'image features have {sizes["image"]} dimensions and caption features '
                f'{sizes["text"]}, so no image can be contrasted with a prototype of captions: '
                'bring both to one size by image_neck or text_neck'
            )

    @property
    def captions_of_image(self) -> np.ndarray:
        """(Nv,) int64, how many captions each image has."""
        return np.bincount(self.image_of_caption, minlength=len(self.identities))

    def identities_of(self, modality: str) -> np.ndarray:
        """Give the identity of every image, or of every caption: (N,) int64, -1 where unknown."""
        by_modality = {'image': self.identities, 'text': self.identities[self.image_of_caption]}
        return by_modality[modality]
