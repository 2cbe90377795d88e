"""Searching: encoder, gallery, index, ranking. Knows no config file and no training."""

from .encoder import Encoder, ModelEncoder
from .gallery import Entry, Gallery, ModelOrigin
from .gallery_file import GalleryFile
from .indexing import IndexReport, encode_sources
from .results import SearchResult, draw_results
from .sources import FoundImages, ImageSource, find_images
from .vector_index import IndexSettings

__all__ = [
    'Encoder',
    'Entry',
    'FoundImages',
    'Gallery',
    'GalleryFile',
    'ImageSource',
    'IndexReport',
    'IndexSettings',
    'ModelEncoder',
    'ModelOrigin',
    'SearchResult',
    'draw_results',
    'encode_sources',
    'find_images',
]
