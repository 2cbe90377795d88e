"""Data sets of images with captions, and what loads them."""

from .image_caption_dataset import ImageCaptionDataset
from .pseudo_label_sampler import PseudoLabelSampler
from .public_dataset import PublicDataset, PublishedCounts
from .public_sets import (
    AERIPEDES,
    CUHKPEDES,
    HAMPEDES,
    ICFGPEDES,
    PRWTPSCN,
    SYNTHPEDES,
    TAGPEDES,
    LUPersonMLLM,
    RSTPReid,
    UFine3C,
    UFine6926,
    WebPerson,
)
from .records import ImageRecord
from .seed_worker import seed_worker
from .stack_inputs import stack_inputs
from .synthetic_pedes import SyntheticCatalog, SyntheticPedes
from .transforms import LoadImage, OnImage, PackImageCaption, Tokenize

__all__ = [
    'AERIPEDES',
    'CUHKPEDES',
    'HAMPEDES',
    'ICFGPEDES',
    'PRWTPSCN',
    'SYNTHPEDES',
    'TAGPEDES',
    'ImageCaptionDataset',
    'ImageRecord',
    'LUPersonMLLM',
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
    'UFine3C',
    'UFine6926',
    'WebPerson',
    'seed_worker',
    'stack_inputs',
]
