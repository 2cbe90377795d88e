"""Retrievers: towers and a head behind mmengine's model interface."""

from .text_to_image_retriever import TextToImageRetriever

__all__ = ['TextToImageRetriever']
