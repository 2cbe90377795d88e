"""Transforms of image-caption items."""

from .load_image import LoadImage
from .on_image import OnImage
from .pack_image_caption import PackImageCaption
from .tokenize import Tokenize

__all__ = ['LoadImage', 'OnImage', 'PackImageCaption', 'Tokenize']
