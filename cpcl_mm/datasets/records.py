"""Records of an annotation file: one image with its captions, validated and immutable."""

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from cpcl_mm.utils.text import has_words, is_unicode, why_no_words

from .annotation_file import Annotations
from .names import UNKNOWN_IDENTITY, RecordKeys, common_splits, number_names, read_identity
from .problems import NotInFileError, Problem

REPEATED_IMAGES = ('merge', 'error')
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


class NamedRecord(NamedTuple):
    """A record by the names that its file has for split and person."""

    split: str
    person: int | str  # -1 when unknown
    image: ImageRecord  # of unknown identity as long as the person has a name


@dataclass(frozen=True)
class ParsedRecords:
    """The outcome of :func:`parse_records`."""

    splits: Mapping[str, tuple[ImageRecord, ...]]  # the sound records, in file order
    problems: tuple[Problem, ...]  # the records that were left out
    keys: frozenset[str]  # all that records of the file have
    num_merged: int  # records that repeated an image and were merged into its first one

    @property
    def total(self) -> int:
        """Number of records, sound and unsound."""
        return sum(map(len, self.splits.values())) + self.num_merged + len(self.problems)

    def problems_of(self, split: str) -> tuple[Problem, ...]:
        """Give the problems of records that are of a split, or may be: they do not say."""
        return tuple(problem for problem in self.problems if problem.split in (split, None))


def parse_records(
    annotations: Annotations,
    keys: RecordKeys,
    image_root: Path,
    split: str | None = None,
    repeated_images: str = 'merge',
) -> ParsedRecords:
    """Validate what an annotation file holds, all splits of it, in one pass.

    Args:
        annotations: What the file holds.
        keys: Names of the record keys.
        image_root: Folder that image paths are relative to.
        split: The split of records that name none; None if every record has to.
        repeated_images: ``'merge'`` makes one record of all that show an image, ``'error'``
            makes every one but the first a problem.
    """
    images: dict[str, NamedRecord] = {}
    problems: list[Problem] = []
    found: set[str] = set()
    num_merged = 0
    for number, item in enumerate(annotations.items):
        if isinstance(item, dict):
            found.update(item)
        try:
            new = parse_record(item, number, keys, image_root, split)
            num_merged += _add(new, images, annotations, repeated_images)
        except ValueError as error:
            problems.append(Problem(number, str(error), _split_of(item, keys) or split))
    people = number_names(each.person for each in images.values())
    names = {each.split for each in images.values()} | {each.split for each in problems}
    renamed = common_splits(name for name in names if name)
    splits: dict[str, list[ImageRecord]] = {}
    for name, person, image in images.values():
        named = replace(image, identity=people[person]) if isinstance(person, str) else image
        splits.setdefault(renamed.get(name, name), []).append(named)
    return ParsedRecords(
        {name: tuple(records) for name, records in splits.items()},
        tuple(each._replace(split=renamed.get(each.split or '')) for each in problems),
        frozenset(found),
        num_merged,
    )


def parse_record(
    item: object, number: int, keys: RecordKeys, image_root: Path, split: str | None = None
) -> NamedRecord:
    """Validate one record of an annotation file; arguments as of :func:`parse_records`.

    Raises:
        ValueError: The item is no sound record; the text continues "record 7 of FILE ...".
    """
    if not isinstance(item, dict):
        raise ValueError(f'is {_show(item)}, expected an object with the keys of a record.')
    path = _path(item, keys.image, image_root)
    if split is None or _key_of(item, keys.split):
        split = _text(item, keys.split)
    captions = _captions(item, keys.captions)
    person = _person(item, keys.identity)
    identity = UNKNOWN_IDENTITY if isinstance(person, str) else person
    return NamedRecord(split, person, ImageRecord(path, captions, identity, number))


def require_keys(
    found: Collection[str], keys: RecordKeys, ann_file: Path, split: str | None = None
) -> None:
    """Raise if a required key is not among those found: the file is then of another kind.

    The identity is not required, and no split where ``split`` is that of the whole file.
    """
    needed = {'image_key': keys.image, 'captions_key': keys.captions}
    if split is None:
        needed['split_key'] = keys.split
    missing = {name: key for name, key in needed.items() if not set(key) & set(found)}
    if not missing:
        return
    remedy = f'If this is the right file, name its keys by {", ".join(missing)}.'
    if list(missing) == ['split_key']:
        remedy = (
            "Name the split if all of the file is of one, as in ann_file=dict(train='FILE'); "
            'tools/convert_annotations.py makes splits where a file has none.'
        )
    raise NotInFileError(
        f'no record of {ann_file} has the key {" or ".join(map(_one_of, missing.values()))}; the '
        f'keys in it are: {", ".join(sorted(found)) or "none"}. {remedy}',
        next(iter(missing.values()))[0],
    )


def _add(
    new: NamedRecord, images: dict[str, NamedRecord], annotations: Annotations, repeated: str
) -> bool:
    """Add a record; tell whether it was merged into one before, which has to say the same."""
    path = new.image.path
    # So that two spellings of one path are seen to be one image.
    key = os.path.normpath(path) if '..' in path else path
    known = images.setdefault(key, new)
    if known is new:
        return False
    place = annotations.place(known.image.number)
    for fact, found, expected in (
        ('split', new.split, known.split),
        ('identity', new.person, known.person),
    ):
        if found != expected:
            raise ValueError(
                f'shows the same image as {place}, {path}, but its {fact} is {found!r} and not '
                f'{expected!r}; make them agree.'
            )
    if repeated == 'error':
        raise ValueError(
            f'shows the same image as {place}, {path}; remove it, or make one image of both, with '
            "all captions, by repeated_images='merge'."
        )
    captions = known.image.captions + new.image.captions
    images[key] = known._replace(image=replace(known.image, captions=captions))
    return True


def _key_of(item: dict, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in item), None)


def _split_of(item: object, keys: RecordKeys) -> str | None:
    split = item.get(_key_of(item, keys.split)) if isinstance(item, dict) else None
    return split if isinstance(split, str) and split.strip() else None


def _require(item: dict, names: tuple[str, ...]) -> tuple[str, Any]:
    """Return the key that a record has of some names, and its value."""
    key = _key_of(item, names)
    if key is None:
        raise ValueError(f'has no key {_one_of(names)}; its keys are {sorted(item)}.')
    return key, item[key]


def _one_of(names: tuple[str, ...]) -> str:
    first, *others = map(repr, names)
    return f'{first} (nor {", ".join(others)})' if others else first


def _text(item: dict, names: tuple[str, ...]) -> str:
    key, value = _require(item, names)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f'has {key} = {_show(value)}, expected a non-empty string.')
    if not is_unicode(value):
        raise ValueError(f'has {key} = {_show(value)}, a name that is not UTF-8: rename it.')
    return value


def _path(item: dict, names: tuple[str, ...], image_root: Path) -> str:
    """Join an image path, which may have been written on Windows, to the image folder."""
    text = _text(item, names)
    path = str(image_root / text)
    is_foreign = '\\' in text or WINDOWS_ROOT.match(text)
    # Elsewhere a backslash may be part of a name.
    if os.sep == '\\' or not is_foreign or os.path.exists(path):  # noqa: PTH110 (never raises)
        return path
    if WINDOWS_ROOT.match(text):
        raise ValueError(
            f'has {_key_of(item, names)} = {_show(text)}, a path of a Windows machine: make it '
            'relative to the image folder.'
        )
    return str(image_root / text.replace('\\', '/'))


def _captions(item: dict, names: tuple[str, ...]) -> tuple[str, ...]:
    key, captions = _require(item, names)
    if isinstance(captions, str):
        captions = [captions]
    if isinstance(captions, dict):
        captions = list(captions.values())
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


def _person(item: dict, names: tuple[str, ...]) -> int | str:
    key = _key_of(item, names) or names[0]
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
