"""From an annotation file and an image folder to the checked records of one split."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from mmengine.logging import print_log

from .annotation_file import describe_folder, read_annotation_file
from .image_check import check_images
from .names import RecordKeys, common_split
from .problems import BAD_RECORDS, NotInFileError, Problem, handle_problems
from .records import REPEATED_IMAGES, ImageRecord, ParsedRecords, parse_records, require_keys

Version = tuple[int, int] | None
Place = Callable[[int], str]
CheckRecords = Callable[[Path, Sequence[ImageRecord]], None]


class Source(NamedTuple):
    """Where records come from, and how they are read."""

    ann_file: Path
    image_root: Path  # that image paths are relative to
    keys: RecordKeys = RecordKeys()
    file_split: str | None = None  # of records that name none; None if every record has to
    repeated_images: str = 'merge'  # see parse_records


def load_split(
    source: Source,
    split: str,
    bad_records: str = 'error',
    check: str = 'quick',
    check_records: CheckRecords | None = None,
) -> tuple[ImageRecord, ...]:
    """Load and check one split: at least one record. Those of other splits do no harm.

    Args:
        source: The annotation file and what belongs to it.
        split: Name of the split; ``validation`` is ``val``, and so on.
        bad_records: ``'error'`` raises for an unusable record, ``'skip'`` leaves it out and
            says so in one warning.
        check: How image files are checked, see
            :func:`~cpcl_mm.datasets.image_check.check_images`.
        check_records: Raises where the file and all its records are none of the data set's.

    Raises:
        FileNotFoundError: The annotation file or the image folder is missing.
        NotInFileError: The file lacks a required key or the split; it is a ``ValueError``.
        ValueError: A record or image is unusable (under ``'error'``), or nothing is left of the
            split.
    """
    for name, value, allowed in (
        ('bad_records', bad_records, BAD_RECORDS),
        ('repeated_images', source.repeated_images, REPEATED_IMAGES),
    ):
        if value not in allowed:
            raise ValueError(f'{name}={value!r}, expected one of {", ".join(allowed)}.')
    parsed, place = _parse_once(source, _version(source.ann_file))
    if check_records:
        everything = [record for of in parsed.splits.values() for record in of]
        check_records(source.ann_file, everything)
    split = split if split in parsed.splits else common_split(split)
    records, problems = parsed.splits.get(split, ()), parsed.problems_of(split)
    total = len(records) + len(problems)
    handle_problems(problems, source.ann_file, place, bad_records, total)
    if not records:
        found = ', '.join(f'{name!r} ({len(of)} images)' for name, of in parsed.splits.items())
        raise NotInFileError(
            f'{source.ann_file} has no images of split {split!r}; the splits in it (key '
            f'{source.keys.split[0]!r}) are: {found or "none"}. Set split=... of the data set to '
            'one of them.',
            split,
        )
    return _readable(records, place, source, bad_records, check)


def parse_file(source: Source) -> tuple[ParsedRecords, Place]:
    """Read and validate all records of an annotation file; no image is looked at.

    Returns:
        The records and their problems, and what says where a record stands in the file.
    """
    ann_file, image_root, keys, file_split, repeated_images = source
    annotations = read_annotation_file(ann_file, keys)
    parsed = parse_records(annotations, keys, image_root, file_split, repeated_images)
    require_keys(parsed.keys, keys, ann_file, file_split)
    if parsed.num_merged:
        print_log(
            f'{ann_file}: {parsed.num_merged:,} records repeat the image of an earlier one, and '
            'their captions were merged into it',
            logger='current',
        )
    return parsed, annotations.place


def require_image_folder(image_root: Path, ann_file: Path) -> None:
    """Raise ``FileNotFoundError`` if there is no image folder; says what lies beside."""
    if not image_root.is_dir():
        raise FileNotFoundError(
            f'image folder {image_root} does not exist; {describe_folder(image_root.parent)}. '
            'Set data_prefix=dict(img_path=...) to the folder that the image paths of '
            f'{ann_file} are relative to.'
        )


def _version(path: Path) -> Version:
    """Time of the last change and size of a file; None where there is no file."""
    if not path.is_file():
        return None
    return path.stat().st_mtime_ns, path.stat().st_size


# Three splits and several views share one file: it is parsed once. Its version is an argument so
# that an edited file is read again.
@lru_cache(maxsize=4)
def _parse_once(source: Source, version: Version) -> tuple[ParsedRecords, Place]:
    return parse_file(source)


def _readable(
    records: tuple[ImageRecord, ...], place: Place, source: Source, bad_records: str, check: str
) -> tuple[ImageRecord, ...]:
    """Leave out, or raise for, the records whose image cannot be read."""
    ann_file, image_root, *_ = source
    if check != 'none':
        require_image_folder(image_root, ann_file)
    unreadable = check_images([record.path for record in records], check)
    problems = [
        Problem(
            record.number,
            f'has an image that {unreadable[record.path]}: {record.path}. Restore the file, or '
            'check data_prefix; tools/verify_dataset.py lists all such images.',
        )
        for record in records
        if record.path in unreadable
    ]
    if len(problems) == len(records):
        raise ValueError(
            f'no image of the split can be read: {place(problems[0].number)} of {ann_file} '
            f'{problems[0].text} {describe_folder(image_root)}.'
        )
    handle_problems(problems, ann_file, place, bad_records, len(records))
    return tuple(record for record in records if record.path not in unreadable)
