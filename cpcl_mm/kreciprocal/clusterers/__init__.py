"""Clusterers: features in, pseudo labels out."""

from .jaccard_clusterer import ClusterResult, JaccardClusterer
from .jaccard_dbscan import JaccardDBSCAN
from .jaccard_hdbscan import JaccardHDBSCAN

__all__ = ['ClusterResult', 'JaccardClusterer', 'JaccardDBSCAN', 'JaccardHDBSCAN']
