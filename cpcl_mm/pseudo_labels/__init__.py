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
from .labellers import ImageClusters, Labeller, PerModality, TrueIdentities
from .labels import Labels
from .neighbours import nearest_neighbours
from .outlier_mining import OutlierMining
from .quality import clustering_quality, mining_quality
from .record import load_history, load_labels, recorded_epochs, save_labels
from .report import LabelReport, ModalityReport, report_labels
from .samples import Samples

__all__ = [
    'ClusterResult',
    'DistanceGraph',
    'ImageClusters',
    'JaccardClusterer',
    'JaccardDBSCAN',
    'JaccardHDBSCAN',
    'LabelReport',
    'Labeller',
    'Labels',
    'ModalityReport',
    'OutlierMining',
    'PerModality',
    'Samples',
    'TrueIdentities',
    'cluster_centroids',
    'clustering_quality',
    'dbscan',
    'dbscan_in_parts',
    'hdbscan',
    'jaccard_graph_parts',
    'load_history',
    'load_labels',
    'mining_quality',
    'nearest_neighbours',
    'normalise',
    'recorded_epochs',
    'report_labels',
    'save_labels',
]
