"""Numerics: nearest neighbors, the k-reciprocal Jaccard graph, and clusters on it.

Arrays in, arrays out: nothing here knows a method, a model or a data set.
"""

from .dbscan import GrowingDBSCAN
from .features import normalize
from .jaccard import DistanceGraph, jaccard_graph_parts
from .jaccard_dbscan import ClusterResult, JaccardDBSCAN
from .neighbors import nearest_neighbors

__all__ = [
    'ClusterResult',
    'DistanceGraph',
    'GrowingDBSCAN',
    'JaccardDBSCAN',
    'jaccard_graph_parts',
    'nearest_neighbors',
    'normalize',
]
