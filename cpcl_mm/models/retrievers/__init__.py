"""Retrievers: towers and a head behind mmengine's model interface."""

from .average_feature_tta import AverageFeatureTTA
from .text_to_image_retriever import TextToImageRetriever

__all__ = ['AverageFeatureTTA', 'TextToImageRetriever']
