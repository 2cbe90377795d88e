"""Outlier pseudo-label mining (OPLM)."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from cpcl_mm.registry import TASK_UTILS

from .features import normalise
from .fixed_point import ONE, to_fixed
from .labels import PairedSamples, PseudoLabels, RefinedLabels
from .refiners import LabelRefiner

_BLOCK = 1 << 22
_NONE = -4 * ONE


@TASK_UTILS.register_module()
class OutlierMining(LabelRefiner):
    """Label outliers of one modality through the clusters of the other.

    An outlier image with a caption in text cluster k takes the label of the most similar labelled
    image that also has a caption in k; with captions in several clusters, the images of all of
    them are candidates. The mirror rule holds for captions. Both directions read the labels as
    they were before mining. An outlier without a candidate stays one.

    A reconstruction of the mining module that CPCL (arXiv:2401.10011) describes in its abstract;
    the choice by similarity and the threshold are this project's.

    Args:
        threshold: Least cosine similarity between an outlier and the sample it takes its label
            from, in [-1, 1]; None takes any.
        directions: The modalities whose outliers get labels.

    Raises:
        ValueError: If the threshold is outside [-1, 1] or a direction is not known.

    Examples:
        >>> import numpy as np
        >>> from cpcl_mm.pseudo_labels import OutlierMining, PairedSamples, PseudoLabels
        >>> features = np.array([[1, 0], [0.9, 0.1]], dtype=np.float32)
        >>> samples = PairedSamples(features, features, image_of_caption=np.array([0, 1]))
        >>> labels = PseudoLabels(image=np.array([0, -1]), text=np.array([0, 0]))
        >>> OutlierMining(threshold=0.5)(labels, samples).labels.image.tolist()
        [0, 0]
    """

    def __init__(
        self, threshold: float | None = None, directions: Sequence[str] = ('image', 'text')
    ) -> None:
        if threshold is not None and not -1 <= threshold <= 1:
            raise ValueError(f'threshold is a cosine and lies in [-1, 1], got {threshold}.')
        unknown = sorted(set(directions) - {'image', 'text'})
        if unknown:
            raise ValueError(f"directions may hold 'image' and 'text', got {unknown}.")
        self.threshold = -1.0 if threshold is None else threshold
        self.directions = tuple(directions)

    def refine(self, labels: PseudoLabels, samples: PairedSamples) -> RefinedLabels:
        """Mine labels for the outliers of each chosen modality."""
        image, text = labels.image.copy(), labels.text.copy()
        owner = samples.image_of_caption
        captions = np.arange(len(owner))
        if 'image' in self.directions:
            image = self._mine(labels.image, samples.image_features, owner, labels.text)
        if 'text' in self.directions:
            text = self._mine(labels.text, samples.text_features, captions, labels.image[owner])
        return RefinedLabels(
            labels=PseudoLabels(image=image, text=text),
            mined_images=image != labels.image,
            mined_texts=text != labels.text,
        )

    def _mine(
        self,
        labels: np.ndarray,
        features: np.ndarray | torch.Tensor,
        items: np.ndarray,
        clusters: np.ndarray,
    ) -> np.ndarray:
        """Mine one modality.

        Args:
            labels: (N,) labels of this modality.
            features: (N, D) features of this modality.
            items: (P,) sample of this modality in each image-caption pair.
            clusters: (P,) label that its partner has in the other modality.

        Returns:
            (N,) labels, a copy.
        """
        unit = normalise(features)
        best = np.full(len(labels), _NONE, dtype=np.int64)
        source = np.full(len(labels), len(labels), dtype=np.int64)
        for outliers, labelled in _shared_clusters(labels, items, clusters):
            similarity = to_fixed(unit[outliers].astype(np.float64) @ unit[labelled].T)
            nearest = similarity.argmax(axis=1)
            value, index = similarity.max(axis=1), labelled[nearest]
            tied = (value == best[outliers]) & (index < source[outliers])
            better = (value > best[outliers]) | tied
            best[outliers[better]], source[outliers[better]] = value[better], index[better]
        mined = np.flatnonzero((best > _NONE) & (best >= to_fixed(self.threshold)))
        result = labels.copy()
        result[mined] = labels[source[mined]]
        return result


def _shared_clusters(
    labels: np.ndarray, items: np.ndarray, clusters: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield outliers and labelled samples that meet in a cluster of the other modality.

    Indices ascend and occur once. Outliers of large clusters come in parts, so that the matrix of
    their similarities to the labelled samples stays small.
    """
    valid = clusters >= 0
    pairs = np.unique(clusters[valid] * len(labels) + items[valid])
    cluster, item = np.divmod(pairs, max(len(labels), 1))
    starts = np.flatnonzero(np.diff(cluster, prepend=-1))
    for members in np.split(item, starts[1:]):
        outliers, labelled = members[labels[members] < 0], members[labels[members] >= 0]
        if len(outliers) == 0 or len(labelled) == 0:
            continue
        for part in range(0, len(outliers), max(1, _BLOCK // len(labelled))):
            yield outliers[part : part + max(1, _BLOCK // len(labelled))], labelled
