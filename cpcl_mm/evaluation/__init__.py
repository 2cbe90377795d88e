"""Scores of retrieval: the ranking itself, and the mmengine metrics around it."""

from .image_metrics import GalleryMetric, ImageReIDMetric
from .ranking import RankingScores, rank_scores
from .retrieval_metric import RankedQuery, TextPersonRetrievalMetric

__all__ = [
    'GalleryMetric',
    'ImageReIDMetric',
    'RankedQuery',
    'RankingScores',
    'TextPersonRetrievalMetric',
    'rank_scores',
]
