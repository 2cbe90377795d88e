"""Clusterers: features in, pseudo labels out."""

from .jaccard_clusterer import JaccardClusterer
from .jaccard_dbscan import JaccardDBSCAN
from .jaccard_hdbscan import JaccardHDBSCAN
from .result import ClusterResult

__all__ = ['ClusterResult', 'JaccardClusterer', 'JaccardDBSCAN', 'JaccardHDBSCAN']
