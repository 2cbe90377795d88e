"""Models: CLIP towers, tokenizers, heads, losses, retrievers."""

from .backbones import CLIPImageTower, CLIPTextTower
from .data_preprocessor import ImageTextPreprocessor
from .heads import ClusterContrastHead, InstanceMatchingHead, PrototypicalMemoryHead
from .losses import ITCLoss, SDMLoss
from .memories import PrototypeMemory
from .retrievers import TextToImageRetriever
from .tokenizers import OpenCLIPTokenizer, WordTokenizer

__all__ = [
    'CLIPImageTower',
    'CLIPTextTower',
    'ClusterContrastHead',
    'ITCLoss',
    'ImageTextPreprocessor',
    'InstanceMatchingHead',
    'OpenCLIPTokenizer',
    'PrototypeMemory',
    'PrototypicalMemoryHead',
    'SDMLoss',
    'TextToImageRetriever',
    'WordTokenizer',
]
