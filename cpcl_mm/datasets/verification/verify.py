"""Counting what a copy of a data set holds and finding what is wrong with it."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal, NamedTuple

from cpcl_mm.datasets.annotations import Place
from cpcl_mm.datasets.counts import (
    QUANTITIES,
    PublishedCounts,
    Quantity,
    SplitCounts,
    count_split,
)
from cpcl_mm.datasets.image_check import find_unreadable
from cpcl_mm.datasets.records import UNKNOWN_IDENTITY, ParsedRecords
from cpcl_mm.datasets.split_loading import parse_file, require_image_folder

from .dataset_copy import DatasetCopy

Level = Literal['exists', 'decode']
TRAIN = 'train'


class Fault(NamedTuple):
    """A record that training could not use.

    Attributes:
        split: Its split; empty where it names none.
        place: Where it stands in the annotation file.
        image: The image file; empty where the fault is in the record.
        text: What is wrong.
    """

    split: str
    place: str
    image: str
    text: str


class Folder(NamedTuple):
    """A folder of images.

    Attributes:
        name: Its name; empty for the image folder itself.
        images: Images that records name in it or below.
        bad: How many of them are missing or unreadable.
    """

    name: str
    images: int
    bad: int


class CountCheck(NamedTuple):
    """A number beside the one that it should be.

    Attributes:
        split: Name of the split.
        quantity: What is counted.
        found: The number that the annotation file holds, in usable records.
        expected: The size that the split should have; None where nothing is known of it.
        is_wrong: Whether ``found`` is known to be wrong.
    """

    split: str
    quantity: Quantity
    found: int
    expected: PublishedCounts | None
    is_wrong: bool


@dataclass(frozen=True)
class Verification:
    """What is found of a copy.

    Attributes:
        copy: The copy.
        level: How images were looked at: ``'exists'`` or ``'decode'``.
        counts: Split to its size in usable records, whether or not their images are sound.
        bad_records: Records that are unusable whatever their image.
        bad_images: Records with an image that is missing or unreadable.
        folders: The folders that lie directly in the image folder, and itself.
        shared_identities: Two splits to the number of identities that are in both.
    """

    copy: DatasetCopy
    level: Level
    counts: Mapping[str, SplitCounts]
    bad_records: tuple[Fault, ...]
    bad_images: tuple[Fault, ...]
    folders: tuple[Folder, ...]
    shared_identities: Mapping[tuple[str, str], int]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All unusable records."""
        return self.bad_records + self.bad_images

    @property
    def leaks(self) -> int:
        """Identities that are trained on and evaluated; the authors of a public data set know."""
        if self.copy.is_public:
            return 0
        return sum(number for pair, number in self.shared_identities.items() if TRAIN in pair)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        wrong_counts = any(check.is_wrong for check in self.count_checks())
        return not (self.faults or wrong_counts or self.leaks)

    def count_checks(self) -> list[CountCheck]:
        """Compare all counts of all splits, those that lack in the copy included."""
        splits = dict.fromkeys([*self.copy.expected, *self.counts])
        return [self._check(split, quantity) for split in splits for quantity in QUANTITIES]

    def _check(self, split: str, quantity: Quantity) -> CountCheck:
        found = getattr(self.counts.get(split, SplitCounts(0, 0, 0)), quantity)
        expected = self.copy.expected.get(split)
        if expected is None:
            is_wrong = bool(self.copy.expected)
        else:
            is_wrong = not expected.accepts(quantity, found)
        return CountCheck(split, quantity, found, expected, is_wrong)


def verify(copy: DatasetCopy, level: Level = 'decode', threads: int | None = None) -> Verification:
    """Verify a copy of a data set.

    Args:
        copy: The copy.
        level: ``'decode'`` decodes every image, ``'exists'`` looks whether there is a file.
        threads: Images looked at side by side; None for one a core.

    Returns:
        What is found.

    Raises:
        FileNotFoundError: The annotation file or the image folder is missing.
        ValueError: The annotation file cannot be read, or is of another data set.
    """
    data_set = copy.name if copy.is_public else None
    parsed, place = parse_file(copy.ann_file, copy.image_root, copy.keys, data_set)
    require_image_folder(copy.image_root, copy.ann_file)
    bad_images = _bad_images(parsed, place, level, threads or os.cpu_count() or 1)
    return Verification(
        copy,
        level,
        counts={split: count_split(records) for split, records in parsed.splits.items()},
        bad_records=_bad_records(parsed, place),
        bad_images=bad_images,
        folders=_folders(parsed, bad_images, copy.image_root),
        shared_identities=_shared_identities(parsed),
    )


def _bad_records(parsed: ParsedRecords, place: Place) -> tuple[Fault, ...]:
    return tuple(
        Fault(problem.split or '', place(problem.number), '', problem.text)
        for problem in parsed.problems
    )


def _bad_images(
    parsed: ParsedRecords, place: Place, level: Level, threads: int
) -> tuple[Fault, ...]:
    unreadable = find_unreadable(_image_paths(parsed), level, threads)
    return tuple(
        Fault(split, place(record.number), record.path, unreadable[record.path])
        for split, records in parsed.splits.items()
        for record in records
        if record.path in unreadable
    )


def _image_paths(parsed: ParsedRecords) -> list[str]:
    return [record.path for records in parsed.splits.values() for record in records]


def _folders(parsed: ParsedRecords, bad: Iterable[Fault], image_root: Path) -> tuple[Folder, ...]:
    def count(paths: Iterable[str]) -> Counter[str]:
        parts = (os.path.relpath(path, image_root).split(os.sep, 1) for path in paths)
        return Counter(first if rest else '' for first, *rest in parts)

    bad_in = count(fault.image for fault in bad)
    images_in = count(_image_paths(parsed))
    return tuple(Folder(name, images_in[name], bad_in[name]) for name in sorted(images_in))


def _shared_identities(parsed: ParsedRecords) -> dict[tuple[str, str], int]:
    people = {
        split: {record.identity for record in records} - {UNKNOWN_IDENTITY}
        for split, records in parsed.splits.items()
    }
    pairs = ((pair, len(people[pair[0]] & people[pair[1]])) for pair in combinations(people, 2))
    return {pair: number for pair, number in pairs if number}
