"""Models: CLIP towers, tokenizers, heads, losses, memories, retrievers."""

from .backbones import CLIPImageTower, CLIPTextTower
from .data_preprocessor import ImageTextPreprocessor
from .heads import ClusterContrastHead, MatchingHead, PrototypicalMemoryHead
from .losses import (
    BatchLoss,
    HardTripletLoss,
    IdentityLoss,
    InstanceLoss,
    ITCLoss,
    MaskedTokenLoss,
    MutualMatchLoss,
    NeighborLoss,
    PairLoss,
    PrototypeLoss,
    SDMLoss,
    TALLoss,
)
from .memories import HybridPrototypeMemory, Memory, PrototypeMemory
from .necks import TokenSelection
from .pair_batch import PairBatch
from .retrievers import AverageFeatureTTA, TextToImageRetriever
from .tokenizers import OpenCLIPTokenizer, WordTokenizer

__all__ = [
    'AverageFeatureTTA',
    'BatchLoss',
    'CLIPImageTower',
    'CLIPTextTower',
    'ClusterContrastHead',
    'HardTripletLoss',
    'HybridPrototypeMemory',
    'ITCLoss',
    'IdentityLoss',
    'ImageTextPreprocessor',
    'InstanceLoss',
    'MaskedTokenLoss',
    'MatchingHead',
    'Memory',
    'MutualMatchLoss',
    'NeighborLoss',
    'OpenCLIPTokenizer',
    'PairBatch',
    'PairLoss',
    'PrototypeLoss',
    'PrototypeMemory',
    'PrototypicalMemoryHead',
    'SDMLoss',
    'TALLoss',
    'TextToImageRetriever',
    'TokenSelection',
    'WordTokenizer',
]
