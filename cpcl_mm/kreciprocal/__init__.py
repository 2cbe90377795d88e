"""Numerics: nearest neighbors, the k-reciprocal Jaccard graph, and clusters on it.

Arrays in, arrays out: nothing here knows a method, a model or a data set.
"""

from .clusterers import ClusterResult, JaccardClusterer, JaccardDBSCAN, JaccardHDBSCAN
from .dbscan import dbscan, dbscan_in_parts
from .features import normalize
from .graph import DistanceGraph
from .hdbscan import hdbscan
from .jaccard import jaccard_graph_parts
from .neighbors import nearest_neighbors

__all__ = [
    'ClusterResult',
    'DistanceGraph',
    'JaccardClusterer',
    'JaccardDBSCAN',
    'JaccardHDBSCAN',
    'dbscan',
    'dbscan_in_parts',
    'hdbscan',
    'jaccard_graph_parts',
    'nearest_neighbors',
    'normalize',
]
