"""Scores of retrieval: the ranking itself, and the mmengine metric around it."""

from .gallery_metric import GalleryMetric
from .image_reid_metric import ImageReIDMetric
from .ranked_query import RankedQuery
from .ranking import RankingScores, rank_scores, top_gallery
from .retrieval_metric import TextPersonRetrievalMetric

__all__ = [
    'GalleryMetric',
    'ImageReIDMetric',
    'RankedQuery',
    'RankingScores',
    'TextPersonRetrievalMetric',
    'rank_scores',
    'top_gallery',
]
