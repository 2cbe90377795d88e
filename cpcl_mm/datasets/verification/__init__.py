"""Verifying a copy of a data set: its counts, its records and its images."""

from .dataset_copy import NAMES, DatasetCopy, locate
from .report import format_report, write_list
from .verify import Verification, verify

__all__ = [
    'NAMES',
    'DatasetCopy',
    'Verification',
    'format_report',
    'locate',
    'verify',
    'write_list',
]
