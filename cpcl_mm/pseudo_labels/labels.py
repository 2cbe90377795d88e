"""Pseudo labels of both modalities, and the samples they belong to."""

from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class PseudoLabels:
    """Cluster labels of every image and every caption.

    The two label spaces are independent of each other. Where there are images alone, Nt is 0.

    Attributes:
        image: (Nv,) int64, 0..Kv-1 or -1 for outliers.
        text: (Nt,) int64, 0..Kt-1 or -1 for outliers.
    """

    image: np.ndarray
    text: np.ndarray


@dataclass(frozen=True)
class RefinedLabels:
    """Labels after refinement.

    Attributes:
        labels: The new labels.
        mined_images: (Nv,) bool, images that were outliers and got a label by mining.
        mined_texts: (Nt,) bool, the same for captions.
    """

    labels: PseudoLabels
    mined_images: np.ndarray
    mined_texts: np.ndarray


@dataclass(frozen=True)
class PairedSamples:
    """Features of images and captions, and which caption belongs to which image.

    Images alone (:meth:`images_alone`) are samples with no caption: whatever takes samples takes
    them, too.

    Attributes:
        image_features: (Nv, D) array or tensor, of any length.
        text_features: (Nt, D) array or tensor, of any length.
        image_of_caption: (Nt,) int64, the index of each caption's image.
        identities: (Nv,) int64, the true identity of each image, -1 where unknown; None if no
            identity is known. A caption has its image's.

    Raises:
        ValueError: If the parts do not fit each other.
    """

    image_features: np.ndarray | torch.Tensor
    text_features: np.ndarray | torch.Tensor
    image_of_caption: np.ndarray
    identities: np.ndarray | None = None

    def __post_init__(self) -> None:
        images, captions = len(self.image_features), len(self.text_features)
        _check_length('image_of_caption', self.image_of_caption, captions, 'text_features')
        if self.identities is not None:
            _check_length('identities', self.identities, images, 'image_features')
        outside = (self.image_of_caption < 0) | (self.image_of_caption >= images)
        if outside.any():
            caption = int(outside.argmax())
            raise ValueError(
                f'image_of_caption[{caption}] is {self.image_of_caption[caption]}, '
                f'but there are {images} images: give indices into image_features.'
            )

    @classmethod
    def images_alone(
        cls, image_features: np.ndarray | torch.Tensor, identities: np.ndarray | None = None
    ) -> 'PairedSamples':
        """Make samples that have no captions.

        Args:
            image_features: (Nv, D) array or tensor, of any length.
            identities: (Nv,) int64, -1 where unknown, or None.

        Returns:
            Samples whose ``text_features`` is (0, D).
        """
        no_text = np.empty((0, image_features.shape[1]), dtype=np.float32)
        return cls(image_features, no_text, np.empty(0, dtype=np.int64), identities)

    @property
    def text_identities(self) -> np.ndarray | None:
        """(Nt,) identity of each caption, or None."""
        return None if self.identities is None else self.identities[self.image_of_caption]

    def check(self, labels: PseudoLabels) -> None:
        """Raise a ValueError if labels do not belong to these samples."""
        _check_length('image labels', labels.image, len(self.image_features), 'image_features')
        _check_length('text labels', labels.text, len(self.text_features), 'text_features')


def _check_length(name: str, values: np.ndarray, length: int, other: str) -> None:
    """Raise a ValueError unless ``values`` is a vector of the given length."""
    if values.shape != (length,):
        raise ValueError(
            f'{name} has shape {values.shape}, but {other} has {length} rows: '
            'there must be one entry for each row.'
        )
