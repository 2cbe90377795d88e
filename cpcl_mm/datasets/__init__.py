"""Data sets of images with captions, and what loads them."""

from .image_caption_dataset import ImageCaptionDataset
from .records import ImageRecord
from .samplers import PseudoLabelSampler
from .seed_worker import seed_worker
from .synthetic_pedes import SyntheticPedes
from .transforms import LoadImage, OnImage, PackImageCaption, Tokenize

__all__ = [
    'ImageCaptionDataset',
    'ImageRecord',
    'LoadImage',
    'OnImage',
    'PackImageCaption',
    'PseudoLabelSampler',
    'SyntheticPedes',
    'Tokenize',
    'seed_worker',
]
