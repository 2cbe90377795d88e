"""Pseudo labels: neighbours, Jaccard graph, clusters, outlier mining, quality.

Arrays in, labels out: nothing here knows a runner, a model or a data set.
"""

from .centroids import cluster_centroids
from .clusterers import ClusterResult, JaccardClusterer, JaccardDBSCAN, JaccardHDBSCAN
from .dbscan import dbscan, dbscan_in_parts
from .features import normalise
from .graph import DistanceGraph
from .hdbscan import hdbscan
from .jaccard import jaccard_graph_parts
from .labels import PairedSamples, PseudoLabels, RefinedLabels
from .neighbours import nearest_neighbours
from .outlier_mining import OutlierMining
from .quality import clustering_quality, label_quality, mining_quality
from .record import load_history, load_pseudo_labels, recorded_epochs, save_pseudo_labels
from .refiners import ImageCentredLabels, KeepLabels, LabelRefiner, TrueIdentities

__all__ = [
    'ClusterResult',
    'DistanceGraph',
    'ImageCentredLabels',
    'JaccardClusterer',
    'JaccardDBSCAN',
    'JaccardHDBSCAN',
    'KeepLabels',
    'LabelRefiner',
    'OutlierMining',
    'PairedSamples',
    'PseudoLabels',
    'RefinedLabels',
    'TrueIdentities',
    'cluster_centroids',
    'clustering_quality',
    'dbscan',
    'dbscan_in_parts',
    'hdbscan',
    'jaccard_graph_parts',
    'label_quality',
    'load_history',
    'load_pseudo_labels',
    'mining_quality',
    'nearest_neighbours',
    'normalise',
    'recorded_epochs',
    'save_pseudo_labels',
]
