"""Outlier pseudo-label mining (OPLM)."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from cpcl_mm.kreciprocal.fixed_point import ONE, to_fixed
from cpcl_mm.registry import TASK_UTILS

from .labels import MODALITIES, Labels
from .samples import Samples

_BLOCK = 1 << 22
_NONE = -4 * ONE


@TASK_UTILS.register_module()
class OutlierMining:
    """Label outliers of one modality through the clusters of the other.

    An outlier image with a caption in text cluster k takes the label of the most similar labelled
    image that also has a caption in k; with captions in several clusters, the images of all of
    them are candidates. The mirror rule holds for captions. Both directions read the labels as
    they were before mining. An outlier without a candidate stays one.

    A reconstruction of the mining module that CPCL (arXiv:2401.10011) describes in its abstract;
    the choice by similarity and the threshold are this project's.

    Args:
        threshold (float, optional): Least cosine similarity between an outlier and the sample it
            takes its label from, in [-1, 1]. Defaults to None: any.

    Raises:
        ValueError: If the threshold is outside [-1, 1].

    Examples:
        >>> import numpy as np
        >>> from cpcl_mm.pseudo_labels import Labels, OutlierMining, Samples
        >>> features = np.array([[1, 0], [0.6, 0.8]], dtype=np.float32)
        >>> numbers = np.array([0, 1])
        >>> samples = Samples({'image': features, 'text': features}, numbers, identities=numbers)
        >>> labels = Labels({'image': np.array([0, -1]), 'text': np.array([0, 0])})
        >>> OutlierMining(threshold=0.5)(labels, samples).of['image'].tolist()
        [0, 0]
    """

    needs = frozenset(MODALITIES)

    def __init__(self, threshold: float | None = None) -> None:
        if threshold is not None and not -1 <= threshold <= 1:
            raise ValueError(f'threshold is a cosine and lies in [-1, 1], got {threshold}.')
        self.threshold = -1.0 if threshold is None else threshold

    def __call__(self, labels: Labels, samples: Samples) -> Labels:
        """Mine labels for the outliers of both modalities; say which were mined.

        Raises:
            ValueError: If there are labels of one modality alone.
        """
        if self.needs - labels.of.keys():
            raise ValueError(
                'OutlierMining labels one modality through the clusters of the other, and there '
                f'are labels of {sorted(labels.of)} alone: cluster both, or leave it out'
            )
        owner = samples.image_of_caption
        # The sample of the modality in each pair, and the label of its partner.
        pairs = {
            'image': (owner, labels.of['text']),
            'text': (np.arange(len(owner)), labels.of['image'][owner]),
        }
        of = {m: self._mine(labels.of[m], samples.features[m], *pair) for m, pair in pairs.items()}
        mined = {m: labels.mined.get(m, False) | (of[m] != labels.of[m]) for m in of}
        return replace(labels, of=of, mined=mined)

    def _mine(
        self, labels: np.ndarray, features: np.ndarray, items: np.ndarray, clusters: np.ndarray
    ) -> np.ndarray:
        """Mine one modality, by its sample and the partner's cluster of each pair."""
        best = np.full(len(labels), _NONE, dtype=np.int64)
        source = np.full(len(labels), len(labels), dtype=np.int64)
        for outliers, labelled in _shared_clusters(labels, items, clusters):
            similarity = to_fixed(features[outliers].astype(np.float64) @ features[labelled].T)
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
