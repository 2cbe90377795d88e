"""Models: CLIP towers, tokenizers, heads, losses, memories, retrievers."""

from .backbones import CLIPImageTower, CLIPTextTower
from .data_preprocessor import ImageTextPreprocessor
from .heads import ClusterContrastHead, MatchingHead, PrototypicalMemoryHead
from .losses import BatchLoss, HardTripletLoss, InstanceLoss, ITCLoss, PrototypeLoss, SDMLoss
from .memories import HybridPrototypeMemory, Memory, PrototypeMemory
from .pair_batch import PairBatch
from .retrievers import TextToImageRetriever
from .tokenizers import OpenCLIPTokenizer, WordTokenizer

__all__ = [
    'BatchLoss',
    'CLIPImageTower',
    'CLIPTextTower',
    'ClusterContrastHead',
    'HardTripletLoss',
    'HybridPrototypeMemory',
    'ITCLoss',
    'ImageTextPreprocessor',
    'InstanceLoss',
    'MatchingHead',
    'Memory',
    'OpenCLIPTokenizer',
    'PairBatch',
    'PrototypeLoss',
    'PrototypeMemory',
    'PrototypicalMemoryHead',
    'SDMLoss',
    'TextToImageRetriever',
    'WordTokenizer',
]
