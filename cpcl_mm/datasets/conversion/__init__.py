"""From one format of annotations to another, with splits and identities made where they lack."""

from .annotation import Annotation
from .paths import identities_from_paths, splits_from_paths
from .source import read_source
from .splits import make_splits, number_images
from .summary import count_splits, find_gaps
from .target import is_folder, write_target

__all__ = [
    'Annotation',
    'count_splits',
    'find_gaps',
    'identities_from_paths',
    'is_folder',
    'make_splits',
    'number_images',
    'read_source',
    'splits_from_paths',
    'write_target',
]
