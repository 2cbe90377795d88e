"""Records of an annotation file: one image with its captions, validated and immutable."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cpcl_mm.utils.text import has_words

from .annotations import Annotations, Place
from .problems import NotInFileError, Problem
from .recognition import recognise, type_of

UNKNOWN_IDENTITY = -1


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image of a data set with everything that is said about it.

    Attributes:
        path: Path of the image file, joined to the image folder.
        captions: One or more non-empty captions.
        identity: Identity number; -1 when unknown.
        number: Position in the annotation file, from 0, to find the record again.
    """

    path: str
    captions: tuple[str, ...]
    identity: int = UNKNOWN_IDENTITY
    number: int = -1


@dataclass(frozen=True, slots=True)
class RecordKeys:
    """Names of the keys of a record in an annotation file.

    Attributes:
        image: Path of the image, relative to the image folder (or absolute).
        captions: List of captions.
        identity: Integer identity; may be missing from a record, or null.
        split: Name of the split the image belongs to.
    """

    image: str = 'img_path'
    captions: str = 'captions'
    identity: str = 'id'
    split: str = 'split'


class ParsedRecords(NamedTuple):
    """The outcome of :func:`parse_records`.

    Attributes:
        splits: Split name to its sound records, in file order.
        problems: The records that were left out.
    """

    splits: dict[str, tuple[ImageRecord, ...]]
    problems: tuple[Problem, ...]

    def problems_of(self, split: str) -> tuple[Problem, ...]:
        """The problems of records that are of a split, or may be: they do not say."""
        return tuple(problem for problem in self.problems if problem.split in (split, None))


def parse_records(annotations: Annotations, keys: RecordKeys, image_root: Path) -> ParsedRecords:
    """Validate the items of an annotation file, all splits of it.

    Args:
        annotations: What :func:`~cpcl_mm.datasets.annotation_file.read_annotation_file` returned.
        keys: Names of the record keys.
        image_root: Folder that image paths are relative to.

    Returns:
        The sound records by split, and a :class:`Problem` for every other one.
    """
    splits: dict[str, list[ImageRecord]] = {}
    problems: list[Problem] = []
    first_use: dict[str, int] = {}
    for number, item in enumerate(annotations.items):
        outcome = _try_record(item, number, keys, image_root)
        if not isinstance(outcome, Problem):
            outcome = _unless_repeated(*outcome, first_use, annotations.place)
        if isinstance(outcome, Problem):
            problems.append(outcome._replace(split=_split_of(item, keys)))
        else:
            split, record = outcome
            splits.setdefault(split, []).append(record)
    return ParsedRecords(
        {name: tuple(records) for name, records in splits.items()}, tuple(problems)
    )


def parse_record(
    item: object, number: int, keys: RecordKeys, image_root: Path
) -> tuple[str, ImageRecord]:
    """Validate one item of an annotation file.

    Args:
        item: The item.
        number: Its position in the file.
        keys: Names of the record keys.
        image_root: Folder that the image path is relative to.

    Returns:
        The name of the record's split, and the record.

    Raises:
        ValueError: The item is no sound record; the text continues "record 7 of FILE ...".
    """
    if not isinstance(item, dict):
        raise ValueError(f'is {_show(item)}, expected an object with the keys of a record.')
    path = _text(item, keys.image)
    split = _text(item, keys.split)
    record = ImageRecord(
        path=str(image_root / path),
        captions=_captions(item, keys.captions),
        identity=_identity(item, keys.identity),
        number=number,
    )
    return split, record


def require_keys(items: Sequence[object], keys: RecordKeys, ann_file: Path) -> None:
    """Check that every required key is in some record; if not, the file is of another data set.

    Args:
        items: The items of an annotation file.
        keys: Names of the record keys; all but the identity are required.
        ann_file: The file, for the error.

    Raises:
        NotInFileError: A required key is in no record; names the keys that are there.
    """
    found = {key for item in items if isinstance(item, dict) for key in item}
    missing = [key for key in (keys.image, keys.captions, keys.split) if key not in found]
    if not missing:
        return
    remedy = 'If this is the right file, name its keys by image_key, captions_key, split_key.'
    if keys.image in missing and (name := recognise(items)):
        remedy += f' It looks like the file of {name}: type={type_of(name)!r} loads that.'
    if missing == [keys.split]:
        remedy += ' tools/convert_annotations.py makes splits where a file has none.'
    raise NotInFileError(
        f'no record of {ann_file} has the key {" or ".join(map(repr, missing))}; the keys in '
        f'it are: {", ".join(sorted(found)) or "none"}. {remedy}',
        missing[0],
    )


def _try_record(
    item: object, number: int, keys: RecordKeys, image_root: Path
) -> tuple[str, ImageRecord] | Problem:
    try:
        return parse_record(item, number, keys, image_root)
    except ValueError as error:
        return Problem(number, str(error))


def _unless_repeated(
    split: str, record: ImageRecord, first_use: dict[str, int], place: Place
) -> tuple[str, ImageRecord] | Problem:
    # normpath, so that two spellings of one path are seen to be one image.
    earlier = first_use.setdefault(os.path.normpath(record.path), record.number)
    if earlier == record.number:
        return split, record
    return Problem(
        record.number,
        f'shows the same image as {place(earlier)}, {record.path}; put all captions of an image '
        'into one record.',
    )


def _split_of(item: object, keys: RecordKeys) -> str | None:
    split = item.get(keys.split) if isinstance(item, dict) else None
    return split if isinstance(split, str) else None


def _require(item: dict, key: str) -> object:
    if key not in item:
        raise ValueError(f'has no key {key!r}; its keys are {sorted(item)}.')
    return item[key]


def _text(item: dict, key: str) -> str:
    value = _require(item, key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f'has {key} = {_show(value)}, expected a non-empty string.')
    return value


def _captions(item: dict, key: str) -> tuple[str, ...]:
    captions = _require(item, key)
    if not isinstance(captions, list):
        raise ValueError(
            f'has {key} = {_show(captions)}, expected a list of strings (a single caption is a '
            'list of one).'
        )
    if not captions:
        raise ValueError(f'has no caption ({key} = []); add one or remove the record.')
    for index, caption in enumerate(captions):
        if not isinstance(caption, str):
            raise ValueError(f'has {key}[{index}] = {_show(caption)}, expected a string.')
        if not has_words(caption):
            raise ValueError(f'has an empty caption, {key}[{index}] = {caption!r}; remove it.')
    return tuple(captions)


def _identity(item: dict, key: str) -> int:
    value = item.get(key)
    if value is None:
        return UNKNOWN_IDENTITY
    # bool is a subclass of int, and never an identity.
    if not isinstance(value, int) or isinstance(value, bool) or value < UNKNOWN_IDENTITY:
        raise ValueError(
            f'has {key} = {_show(value)}, expected an integer from 0, or no {key} (or -1) where '
            'the identity is unknown.'
        )
    return value


def _show(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else f'{text[:limit]}...'
