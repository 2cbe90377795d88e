"""Formats of annotations, one a file: each is read into the same items and made from them."""

from .caption_folder import (
    check_text_files,
    format_captions,
    read_caption_folder,
    text_file,
    unused_files,
)
from .csv_file import format_csv, read_csv
from .json_file import format_json, read_json
from .json_lines_file import format_json_lines, read_json_lines

__all__ = [
    'check_text_files',
    'format_captions',
    'format_csv',
    'format_json',
    'format_json_lines',
    'read_caption_folder',
    'read_csv',
    'read_json',
    'read_json_lines',
    'text_file',
    'unused_files',
]
