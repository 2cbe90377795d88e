"""Transforms of image-caption items."""

from .images import LoadImage, OnImage, SecondView
from .mask_tokens import MaskTokens
from .pack_image_caption import PackImageCaption
from .tokenize import Tokenize

__all__ = ['LoadImage', 'MaskTokens', 'OnImage', 'PackImageCaption', 'SecondView', 'Tokenize']
