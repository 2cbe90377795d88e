"""What comes after training: loading a model, galleries, searching, exporting, the page."""

from .encoder import Encoder, ModelEncoder
from .gallery import Gallery, ModelOrigin
from .gallery_file import GalleryFile
from .images import find_images
from .indexing import IndexReport, encode_files
from .onnx_export import export_onnx
from .person_searcher import PersonSearcher, SearchResult, draw_results
from .vector_index import IndexSettings

__all__ = [
    'Encoder',
    'Gallery',
    'GalleryFile',
    'IndexReport',
    'IndexSettings',
    'ModelEncoder',
    'ModelOrigin',
    'PersonSearcher',
    'SearchResult',
    'draw_results',
    'encode_files',
    'export_onnx',
    'find_images',
]
