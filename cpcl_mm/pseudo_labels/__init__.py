"""Pseudo labels: samples in, labels out, and what is known about them.

Nothing here knows a runner, a model or a data set.
"""

from .centroids import cluster_centroids
from .labellers import (
    ImageClusters,
    Instances,
    Labeller,
    NoisyPairs,
    PerModality,
    TrueIdentities,
)
from .labels import Labels
from .outlier_mining import OutlierMining
from .quality import clustering_quality, mining_quality
from .record import load_history, load_labels, recorded_epochs, save_labels
from .report import LabelReport, ModalityReport, report_labels
from .samples import Samples

__all__ = [
    'ImageClusters',
    'Instances',
    'LabelReport',
    'Labeller',
    'Labels',
    'ModalityReport',
    'NoisyPairs',
    'OutlierMining',
    'PerModality',
    'Samples',
    'TrueIdentities',
    'cluster_centroids',
    'clustering_quality',
    'load_history',
    'load_labels',
    'mining_quality',
    'recorded_epochs',
    'report_labels',
    'save_labels',
]
