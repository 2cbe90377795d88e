"""Numerics: nearest neighbors, the k-reciprocal Jaccard graph, and clusters on it.

Arrays in, arrays out: nothing here knows a method, a model or a data set.
"""

from .clusterers import ClusterResult, JaccardClusterer, JaccardDBSCAN, JaccardHDBSCAN
from .dbscan import GrowingDBSCAN
from .features import normalize
from .graph import DistanceGraph
from .jaccard import jaccard_graph_parts
from .neighbors import nearest_neighbors

__all__ = [
    'ClusterResult',
    'DistanceGraph',
    'GrowingDBSCAN',
    'JaccardClusterer',
    'JaccardDBSCAN',
    'JaccardHDBSCAN',
    'jaccard_graph_parts',
    'nearest_neighbors',
    'normalize',
]
