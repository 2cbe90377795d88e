"""Records of an annotation file: one image with its captions, validated and immutable."""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from cpcl_mm.utils.printable import is_unicode
from cpcl_mm.utils.text import has_words, why_no_words

from .annotations import Annotations, Place
from .identities import UNKNOWN_IDENTITY, number_names, read_identity
from .problems import NotInFileError, Problem
from .recognition import recognize, type_of
from .split_names import common_names

ONE_CAPTION = 'caption'
"""Key of a single caption, instead of the list of captions."""

WINDOWS_ROOT = re.compile(r'[A-Za-z]:[\\/]|\\\\')
LIST_AS_TEXT = ("['", '["')


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
        captions: List of captions, or one caption; ``caption`` is read where it is missing.
        identity: Number or name of a person; may be missing from a record, or null.
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
        """Give the problems of records that are of a split, or may be: they do not say."""
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
    objects = [item for item in annotations.items if isinstance(item, dict)]
    people = _number_people(objects, keys)
    renamed = common_names(filter(None, (_split_of(item, keys) for item in objects)))
    images: dict[str, tuple[str, ImageRecord]] = {}
    problems: list[Problem] = []
    for number, item in enumerate(annotations.items):
        outcome = _try_record(item, number, keys, image_root, people)
        if isinstance(outcome, Problem):
            problem: Problem | None = outcome
        else:
            split, record = outcome
            problem = _merge((renamed[split], record), images, annotations.place)
        if problem:
            name = _split_of(item, keys)
            problems.append(problem._replace(split=renamed[name] if name else None))
    splits: dict[str, list[ImageRecord]] = {}
    for split, record in images.values():
        splits.setdefault(split, []).append(record)
    return ParsedRecords(
        {name: tuple(records) for name, records in splits.items()}, tuple(problems)
    )


def parse_record(
    item: object,
    number: int,
    keys: RecordKeys,
    image_root: Path,
    people: Mapping[str, int] | None = None,
) -> tuple[str, ImageRecord]:
    """Validate one item of an annotation file.

    Args:
        item: The item.
        number: Its position in the file.
        keys: Names of the record keys.
        image_root: Folder that the image path is relative to.
        people: Numbers of identities that have a name; this item's alone by default.

    Returns:
        The name of the record's split, and the record.

    Raises:
        ValueError: The item is no sound record; the text continues "record 7 of FILE ...".
    """
    if not isinstance(item, dict):
        raise ValueError(f'is {_show(item)}, expected an object with the keys of a record.')
    path = _path(_text(item, keys.image), keys.image, image_root)
    split = _text(item, keys.split)
    captions = _captions(item, keys.captions)
    identity = _identity(item, keys.identity)
    if isinstance(identity, str):
        identity = (people or number_names([identity]))[identity]
    return split, ImageRecord(path, captions, identity, number)


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
    needed = [keys.image, ONE_CAPTION if ONE_CAPTION in found else keys.captions, keys.split]
    missing = [key for key in needed if key not in found]
    if not missing:
        return
    remedy = 'If this is the right file, name its keys by image_key, captions_key, split_key.'
    if keys.image in missing and (name := recognize(items)):
        remedy += f' It looks like the file of {name}: type={type_of(name)!r} loads that.'
    if missing == [keys.split]:
        remedy += ' tools/convert_annotations.py makes splits where a file has none.'
    raise NotInFileError(
        f'no record of {ann_file} has the key {" or ".join(map(repr, missing))}; the keys in '
        f'it are: {", ".join(sorted(found)) or "none"}. {remedy}',
        missing[0],
    )


def _number_people(items: Sequence[dict], keys: RecordKeys) -> dict[str, int]:
    identities = []
    for item in items:
        # What is no identity becomes a problem of its record.
        with suppress(ValueError):
            identities.append(read_identity(item.get(keys.identity)))
    return number_names(identities)


def _try_record(
    item: object, number: int, keys: RecordKeys, image_root: Path, people: Mapping[str, int]
) -> tuple[str, ImageRecord] | Problem:
    try:
        return parse_record(item, number, keys, image_root, people)
    except ValueError as error:
        return Problem(number, str(error))


def _merge(
    new: tuple[str, ImageRecord], images: dict[str, tuple[str, ImageRecord]], place: Place
) -> Problem | None:
    """Add a record to those before; records of one image have to say the same of it."""
    split, record = new
    # normpath, so that two spellings of one path are seen to be one image.
    path = os.path.normpath(record.path)
    known_split, known = images.setdefault(path, new)
    if known is record:
        return None
    for fact, found, expected in (
        ('split', split, known_split),
        ('identity', record.identity, known.identity),
    ):
        if found != expected:
            return Problem(
                record.number,
                f'shows the same image as {place(known.number)}, {record.path}, but its {fact} is '
                f'{found!r} and not {expected!r}; make them agree.',
            )
    images[path] = split, replace(known, captions=known.captions + record.captions)
    return None


def _split_of(item: object, keys: RecordKeys) -> str | None:
    split = item.get(keys.split) if isinstance(item, dict) else None
    return split if isinstance(split, str) and split.strip() else None


def _require(item: dict, key: str) -> object:
    if key not in item:
        raise ValueError(f'has no key {key!r}; its keys are {sorted(item)}.')
    return item[key]


def _text(item: dict, key: str) -> str:
    value = _require(item, key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f'has {key} = {_show(value)}, expected a non-empty string.')
    if not is_unicode(value):
        raise ValueError(f'has {key} = {_show(value)}, a name that is not UTF-8: rename it.')
    return value


def _path(text: str, key: str, image_root: Path) -> str:
    """Join an image path, which may have been written on Windows, to the image folder."""
    path = image_root / text
    is_foreign = '\\' in text or WINDOWS_ROOT.match(text)
    # Elsewhere a backslash may be part of a name.
    if os.sep == '\\' or not is_foreign or os.path.exists(path):  # noqa: PTH110 (never raises)
        return str(path)
    if WINDOWS_ROOT.match(text):
        raise ValueError(
            f'has {key} = {_show(text)}, a path of a Windows machine: make it relative to the '
            'image folder.'
        )
    return str(image_root / text.replace('\\', '/'))


def _captions(item: dict, key: str) -> tuple[str, ...]:
    if key not in item and ONE_CAPTION in item:
        key = ONE_CAPTION
    captions = _require(item, key)
    if isinstance(captions, str):
        captions = [captions]
    if not isinstance(captions, list):
        raise ValueError(f'has {key} = {_show(captions)}, expected a list of strings.')
    if not captions:
        raise ValueError(f'has no caption ({key} = []); add one or remove the record.')
    for index, caption in enumerate(captions):
        if not isinstance(caption, str):
            raise ValueError(f'has {key}[{index}] = {_show(caption)}, expected a string.')
        if fault := _fault_of(caption):
            raise ValueError(f'has {key}[{index}] = {_show(caption)}, which {fault}.')
    return tuple(captions)


def _fault_of(caption: str) -> str | None:
    """Say why a string is no caption; None if it is one."""
    if not is_unicode(caption):
        return 'holds half a character (a lone surrogate): write the file as UTF-8'
    if not has_words(caption):
        return f'{why_no_words(caption)}: describe the person in words, or remove it'
    if caption.lstrip().startswith(LIST_AS_TEXT):
        return 'is a list written as text: make it a list, or a caption a row'
    return None


def _identity(item: dict, key: str) -> int | str:
    value = item.get(key)
    try:
        return read_identity(value)
    except ValueError as error:
        raise ValueError(
            f'has {key} = {_show(value)}, which {error}: expected a whole number from 0 or a name, '
            f'or no {key} (or -1) where the identity is unknown.'
        ) from error


def _show(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else f'{text[:limit]}...'
