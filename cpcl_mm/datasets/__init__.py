"""Data sets of images with captions, and what loads them."""

from .counts import PublishedCounts
from .cuhk_pedes import CUHKPEDES
from .icfg_pedes import ICFGPEDES
from .image_caption_dataset import ImageCaptionDataset
from .public_dataset import PublicDataset
from .records import ImageRecord
from .rstp_reid import RSTPReid
from .samplers import PseudoLabelSampler
from .seed_worker import seed_worker
from .synthetic_pedes import SyntheticCatalog, SyntheticPedes
from .transforms import LoadImage, OnImage, PackImageCaption, Tokenize

__all__ = [
    'CUHKPEDES',
    'ICFGPEDES',
    'ImageCaptionDataset',
    'ImageRecord',
    'LoadImage',
    'OnImage',
    'PackImageCaption',
    'PseudoLabelSampler',
    'PublicDataset',
    'PublishedCounts',
    'RSTPReid',
    'SyntheticCatalog',
    'SyntheticPedes',
    'Tokenize',
    'seed_worker',
]
