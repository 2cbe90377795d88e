"""From an annotation file and an image folder to the checked records of one split."""

import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from mmengine.logging import print_log

from .annotation_file import describe_folder, read_annotation_file
from .image_check import check_images
from .records import (
    ImageRecord,
    ParsedRecords,
    Problem,
    RecordKeys,
    count_keys,
    missing_keys,
    parse_records,
)

BAD_RECORDS = ('error', 'skip')
EXAMPLES = 3
Version = tuple[int, int] | None


def load_split(
    ann_file: Path,
    image_root: Path,
    split: str,
    keys: RecordKeys | None = None,
    bad_records: str = 'error',
    check: str = 'quick',
) -> tuple[ImageRecord, ...]:
    """Load and check one split. Every record of the file is validated, whatever its split.

    Args:
        ann_file: The annotation file.
        image_root: Folder that image paths are relative to.
        split: Name of the split.
        keys: Names of the record keys; RSTPReid's by default.
        bad_records: ``'error'`` raises for an unusable record, ``'skip'`` leaves it out and
            says so in one warning.
        check: How image files are checked, see
            :func:`~cpcl_mm.datasets.image_check.check_images`.

    Returns:
        The records of the split in file order, at least one.

    Raises:
        FileNotFoundError: The annotation file or the image folder is missing.
        ValueError: A record or image is unusable (under ``'error'``), the file is of another
            data set, or nothing is left of the split.
    """
    if bad_records not in BAD_RECORDS:
        raise ValueError(f'bad_records={bad_records!r}, expected one of {", ".join(BAD_RECORDS)}.')
    keys = keys or RecordKeys()
    splits = _parse_file(ann_file, _version(ann_file), image_root, keys, bad_records).splits
    if split not in splits:
        found = ', '.join(f'{name!r} ({len(records)} images)' for name, records in splits.items())
        raise ValueError(
            f'{ann_file} has no images of split {split!r}; the splits in it (key {keys.split!r}) '
            f'are: {found or "none"}.'
        )
    return _readable(splits[split], image_root, ann_file, bad_records, check)


def _version(path: Path) -> Version:
    """Time of the last change and size of a file; None where there is no file."""
    if not path.is_file():
        return None
    return path.stat().st_mtime_ns, path.stat().st_size


# Three splits and several views share one file: it is parsed, and warned about, once. Its
# version is an argument so that an edited file is read anew.
@lru_cache(maxsize=4)
def _parse_file(
    ann_file: Path, version: Version, image_root: Path, keys: RecordKeys, bad_records: str
) -> ParsedRecords:
    items = read_annotation_file(ann_file)
    missing = missing_keys(items, keys)
    if missing:
        raise ValueError(
            f'no record of {ann_file} has the key {" or ".join(map(repr, missing))}; the keys in '
            f'it are: {", ".join(sorted(count_keys(items))) or "none"}. If this is the right '
            'file, name its keys by image_key, captions_key, split_key.'
        )
    parsed = parse_records(items, keys, image_root)
    _handle(parsed.problems, ann_file, bad_records)
    return parsed


def _readable(
    records: tuple[ImageRecord, ...],
    image_root: Path,
    ann_file: Path,
    bad_records: str,
    check: str,
) -> tuple[ImageRecord, ...]:
    """Leave out, or raise for, the records whose image cannot be read."""
    if check != 'none' and not image_root.is_dir():
        raise FileNotFoundError(
            f'image folder {image_root} does not exist; {describe_folder(image_root.parent)}. '
            'Set data_prefix=dict(img_path=...) to the folder that the image paths of '
            f'{ann_file} are relative to.'
        )
    unreadable = check_images([record.path for record in records], check)
    problems = [
        Problem(
            record.number,
            f'has an image that {unreadable[record.path]}: {record.path}. Restore the file, or '
            'check data_prefix.',
        )
        for record in records
        if record.path in unreadable
    ]
    if len(problems) == len(records):
        raise ValueError(
            f'no image of the split can be read: record {problems[0].number} of {ann_file} '
            f'{problems[0].text} {describe_folder(image_root)}.'
        )
    _handle(problems, ann_file, bad_records)
    return tuple(record for record in records if record.path not in unreadable)


def _handle(problems: Sequence[Problem], ann_file: Path, bad_records: str) -> None:
    """Raise for the first problem, or say in one warning what is skipped."""
    if not problems:
        return
    if bad_records == 'error':
        raise ValueError(
            f'record {problems[0].number} (from 0) of {ann_file} {problems[0].text} '
            f"Unusable records in all: {len(problems)}; bad_records='skip' leaves them out."
        )
    examples = '\n'.join(f'  record {number} {text}' for number, text in problems[:EXAMPLES])
    print_log(
        f'{ann_file}: skipped {len(problems)} unusable records, such as\n{examples}',
        logger='current',
        level=logging.WARNING,
    )
