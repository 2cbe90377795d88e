"""Transforms of image-caption items."""

from .load_image import LoadImage
from .mask_tokens import MaskTokens
from .on_image import OnImage
from .pack_image_caption import PackImageCaption
from .second_view import SecondView
from .tokenize import Tokenize

__all__ = ['LoadImage', 'MaskTokens', 'OnImage', 'PackImageCaption', 'SecondView', 'Tokenize']
