"""Models: CLIP towers, tokenizers, heads, losses, retrievers."""

from .backbones import CLIPImageTower, CLIPTextTower
from .data_preprocessor import ImageTextPreprocessor
from .heads import InstanceMatchingHead
from .losses import ITCLoss, SDMLoss
from .retrievers import TextToImageRetriever
from .tokenizers import OpenCLIPTokenizer, WordTokenizer

__all__ = [
    'CLIPImageTower',
    'CLIPTextTower',
    'ITCLoss',
    'ImageTextPreprocessor',
    'InstanceMatchingHead',
    'OpenCLIPTokenizer',
    'SDMLoss',
    'TextToImageRetriever',
    'WordTokenizer',
]
