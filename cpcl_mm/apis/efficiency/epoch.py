"""How long an epoch will take, from rates that were measured on a sample."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .person_features import person_features

_JIT_SAMPLE = 200
QUADRATIC = 'neighbours'
"""The stage of a clusterer whose time grows with the square of the number of samples."""


@dataclass(frozen=True)
class EpochEstimate:
    """Seconds of an epoch.

    Attributes:
        num_images (int): Images of the training set.
        num_captions (int): Captions of the training set, each a pair to train on.
        training (float): All steps, with batches that are there in time.
        loading (float): Making those batches, which goes on beside the training: it counts only
            where it takes longer.
        features (float): Encoding every image and caption for the clustering; 0 without one.
        clustering (float): Clustering both modalities; 0 without one.
    """

    num_images: int
    num_captions: int
    training: float
    loading: float
    features: float
    clustering: float

    @property
    def total(self) -> float:
        """Seconds of the whole epoch, without validation."""
        return max(self.training, self.loading) + self.features + self.clustering


def estimate_clustering(clusterer: Any, total: int, dims: int, sample: int) -> float:
    """Measure a clusterer on a sample of made-up features, and scale to all.

    Of its stages, the search for neighbours, which computes all products, grows with N^2; the
    others, whose work is that of a bounded number of neighbours for each sample, grow with N.
    A clusterer that names no such stage is taken to grow with N^2 as a whole.

    Args:
        clusterer (JaccardDBSCAN): The clusterer.
        total (int): Number of samples N to scale to.
        dims (int): Length of a feature.
        sample (int): Number of samples to measure on, at most ``total``.

    Returns:
        float: Seconds for ``total`` samples.
    """
    # Compiles what is compiled on first use.
    clusterer(_sample_features(min(_JIT_SAMPLE, sample), dims))
    seconds = clusterer(_sample_features(sample, dims)).seconds
    return scale_stages(seconds, total / sample)


def scale_stages(seconds: Mapping[str, float], factor: float) -> float:
    """Scale the stages of a clusterer to another number of samples.

    Args:
        seconds (dict[str, float]): Measured seconds by stage.
        factor (float): How many times as many samples.

    Returns:
        float: Seconds of all stages.

    Examples:
        >>> from cpcl_mm.apis.efficiency.epoch import scale_stages
        >>> scale_stages({'neighbours': 1.0, 'jaccard': 2.0}, 10)
        120.0
    """
    quadratic = {QUADRATIC} if QUADRATIC in seconds else set(seconds)
    return sum(
        value * factor ** (2 if stage in quadratic else 1) for stage, value in seconds.items()
    )


def _sample_features(number: int, dims: int) -> np.ndarray:
    """Features of three images a person, as in CUHK-PEDES."""
    return person_features(np.arange(number) // 3, dims)
