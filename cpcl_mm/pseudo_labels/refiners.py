"""Refiners: pseudo labels in, better pseudo labels out."""

from abc import ABC, abstractmethod

import numpy as np

from cpcl_mm.registry import TASK_UTILS

from .labels import PairedSamples, PseudoLabels, RefinedLabels


class LabelRefiner(ABC):
    """A rule that changes pseudo labels after clustering."""

    def __call__(self, labels: PseudoLabels, samples: PairedSamples) -> RefinedLabels:
        """Refine the labels of one clustering.

        Args:
            labels: What the clusterers gave; not changed.
            samples: The samples that were clustered.

        Returns:
            New labels and which of them were mined.

        Raises:
            ValueError: If labels and samples differ in number.
        """
        samples.check(labels)
        return self.refine(labels, samples)

    @abstractmethod
    def refine(self, labels: PseudoLabels, samples: PairedSamples) -> RefinedLabels:
        """Apply the rule to labels that fit the samples."""


@TASK_UTILS.register_module()
class KeepLabels(LabelRefiner):
    """Leave the labels as clustering made them."""

    def refine(self, labels: PseudoLabels, samples: PairedSamples) -> RefinedLabels:
        """Give the same labels."""
        return without_mining(labels.image.copy(), labels.text.copy())


@TASK_UTILS.register_module()
class ImageCentredLabels(LabelRefiner):
    """Give every caption the label of its image; text clusters are not used.

    The rule of ICPG (PRCV 2024): images cluster more reliably than captions.
    """

    def refine(self, labels: PseudoLabels, samples: PairedSamples) -> RefinedLabels:
        """Copy the images' labels to their captions."""
        return without_mining(labels.image.copy(), labels.image[samples.image_of_caption])


@TASK_UTILS.register_module()
class TrueIdentities(LabelRefiner):
    """Take the true identities for labels: the upper bound of what labels can bring.

    Identities are renumbered 0..K-1 in either modality; unknown ones (-1) stay outliers. A modality
    that does not get them keeps its clusters, which shows what exact labels of the other bring.

    Args:
        image: Whether images get their identities.
        text: Whether captions do.
    """

    def __init__(self, image: bool = True, text: bool = True) -> None:
        self.image, self.text = image, text

    def refine(self, labels: PseudoLabels, samples: PairedSamples) -> RefinedLabels:
        """Renumber the identities."""
        if samples.identities is None or samples.text_identities is None:
            raise ValueError(
                'TrueIdentities needs true identities, and this data set has none: '
                'choose another refiner, such as OutlierMining.'
            )
        return without_mining(
            _renumber(samples.identities) if self.image else labels.image.copy(),
            _renumber(samples.text_identities) if self.text else labels.text.copy(),
        )


def without_mining(image: np.ndarray, text: np.ndarray) -> RefinedLabels:
    """Wrap labels of which none was mined."""
    return RefinedLabels(
        labels=PseudoLabels(image=image, text=text),
        mined_images=np.zeros(len(image), dtype=bool),
        mined_texts=np.zeros(len(text), dtype=bool),
    )


def _renumber(identities: np.ndarray) -> np.ndarray:
    """Map known identities to 0..K-1 in their order."""
    labels = np.full(len(identities), -1, dtype=np.int64)
    known = identities >= 0
    labels[known] = np.unique(identities[known], return_inverse=True)[1]
    return labels
