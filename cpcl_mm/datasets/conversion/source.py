"""Reading what is to be converted: an annotation file, or a folder of images and captions."""

import os
from pathlib import Path

from cpcl_mm.datasets.annotation_file import describe_folder, read_annotation_file
from cpcl_mm.datasets.annotations import Annotations
from cpcl_mm.datasets.formats import read_caption_folder
from cpcl_mm.datasets.problems import handle_problems
from cpcl_mm.datasets.records import (
    ImageRecord,
    ParsedRecords,
    RecordKeys,
    parse_records,
    require_keys,
)

from .annotation import NO_SPLIT, Annotation


def read_source(
    source: Path,
    image_root: Path,
    keys: RecordKeys | None = None,
    bad_records: str = 'error',
) -> list[Annotation]:
    """Read and validate an annotation file, or a folder of images with captions beside them.

    Args:
        source: The file or folder.
        image_root: Folder that the image paths of a file are relative to, and that those of the
            outcome are.
        keys: Names of the record keys of a file; RSTPReid's by default.
        bad_records: ``'error'`` raises for an unusable record, ``'skip'`` leaves it out with a
            warning.

    Returns:
        The images in the order of the source; without splits if no record of it has one.

    Raises:
        FileNotFoundError: The source does not exist, or is a folder without images.
        ValueError: The source cannot be read, a record is unusable (under ``'error'``), an image
            lies outside of ``image_root``, or no record is left.
    """
    keys = keys or RecordKeys()
    annotations = _read(source, keys)
    has_splits = any(isinstance(item, dict) and keys.split in item for item in annotations.items)
    if not has_splits:
        annotations = _in_one_split(annotations, keys)
    require_keys(annotations.items, keys, source)
    parsed = parse_records(annotations, keys, source if source.is_dir() else image_root)
    handle_problems(parsed.problems, source, annotations.place, bad_records, len(annotations.items))
    in_order = _in_order(parsed)
    if not in_order:
        raise ValueError(f'{source} holds no usable record.')
    return [
        Annotation(
            path=_path_within(
                image_root, record, f'{annotations.place(record.number)} of {source}'
            ),
            captions=record.captions,
            identity=record.identity,
            split=split if has_splits else NO_SPLIT,
        )
        for split, record in in_order
    ]


def _read(source: Path, keys: RecordKeys) -> Annotations:
    if source.is_dir():
        return read_caption_folder(source, keys)
    if not source.exists():
        raise FileNotFoundError(f'{source} does not exist; {describe_folder(source.parent)}.')
    return read_annotation_file(source, keys)


def _in_one_split(annotations: Annotations, keys: RecordKeys) -> Annotations:
    """Give every record a split, so that it can be validated like any other."""
    items = [
        item | {keys.split: 'train'} if isinstance(item, dict) else item
        for item in annotations.items
    ]
    return annotations._replace(items=items)


def _in_order(parsed: ParsedRecords) -> list[tuple[str, ImageRecord]]:
    """List the records of all splits in the order of their file."""
    found = [(split, record) for split, records in parsed.splits.items() for record in records]
    return sorted(found, key=lambda pair: pair[1].number)


def _path_within(image_root: Path, record: ImageRecord, place: str) -> str:
    """Return the path of an image relative to the image folder, which it may not leave."""
    path = Path(os.path.relpath(record.path, image_root))
    if path.parts[:1] == (os.pardir,):
        raise ValueError(
            f'{place} has an image outside of the image folder {image_root}: {record.path}. Name '
            'the folder that holds all images by --image-root.'
        )
    return path.as_posix()
