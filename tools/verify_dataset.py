"""Verify a copy of a data set: counts against the published ones, and every image."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from mmengine.config import DictAction

from cpcl_mm.apis import tool_parser
from cpcl_mm.datasets import ImageCaptionDataset, ImageRecord, PublicDataset, PublishedCounts
from cpcl_mm.datasets.image_check import find_unreadable
from cpcl_mm.datasets.names import UNKNOWN_IDENTITY, RecordKeys
from cpcl_mm.datasets.public_dataset import ALL, AnnFile
from cpcl_mm.datasets.split_loading import Source, parse_file, require_image_folder
from cpcl_mm.synthetic.generation import ANNOTATIONS, read_manifest
from cpcl_mm.utils.image_folder import write_table

SYNTHETIC, OTHER = 'SyntheticPedes', 'ImageCaptionDataset'
PUBLIC: dict[str, type[PublicDataset]] = {
    each.public_name: each for each in PublicDataset.__subclasses__()
}
NAMES = (*PUBLIC, SYNTHETIC, OTHER)
TRAIN = 'train'
QUANTITIES = ('identities', 'images', 'captions')
COLUMNS = ('split', 'quantity', 'found', 'expected', '')
MOST_FOLDERS = 12

EXAMPLES = """
examples:
  a public data set, every image decoded:
    python tools/verify_dataset.py CUHK-PEDES data/CUHK-PEDES

  a quick look: counts, and whether the images are there:
    python tools/verify_dataset.py ICFG-PEDES data/ICFG-PEDES --no-decode

  all that is wrong in a file, to fetch it again or to remove it:
    python tools/verify_dataset.py RSTPReid data/RSTPReid --list broken.tsv

  a data set of your own, whose records have keys of other names:
    python tools/verify_dataset.py ImageCaptionDataset data/mine --ann-file captions.json \\
        --imgs crops --keys captions=sentences

The exit code is 0 if nothing is wrong, 1 if something is, and 2 for a wrong command line. Training
refuses unusable records of its splits unless bad_records='skip' is set in the data set's config.
"""


NAMES_OF_SETTINGS = (
    'Of the settings of a data set, data_root is ROOT here, ann_file is --ann-file, data_prefix is '
    '--imgs, and the keys are --keys.'
)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(
        'Counts identities, images and captions of every split, compares them with the '
        'published figures, and looks for missing and unreadable images.',
        EXAMPLES,
    )
    parser.add_argument(
        'name',
        metavar='NAME',
        choices=NAMES,
        help=f'one of {", ".join(NAMES)}; the last is any other, and needs --ann-file',
    )
    parser.add_argument(
        'root', metavar='ROOT', type=Path, nargs='?', help='its folder (default: data/NAME)'
    )
    parser.add_argument(
        '--ann-file',
        help='annotation file in ROOT, if it has an unusual name; SPLIT=FILE if it names no splits',
    )
    parser.add_argument('--imgs', help='image folder in ROOT (default: the usual one)')
    parser.add_argument(
        '--keys',
        nargs='+',
        action=DictAction,
        metavar='WHAT=KEY',
        help='keys of a record that have other names; WHAT is image, captions, identity or split',
    )
    parser.add_argument(
        '--no-decode', action='store_true', help='only look whether images are there'
    )
    parser.add_argument(
        '--jobs', type=positive, help='images looked at side by side (default: one a core)'
    )
    parser.add_argument(
        '--num', type=positive, default=10, help='records and images to name (default: 10)'
    )
    parser.add_argument(
        '--list', type=Path, metavar='FILE', help='write all of them to this file, with tabs'
    )
    return parser.parse_args(argv)


def positive(text: str) -> int:
    """Read a whole number from 1.

    Raises:
        argparse.ArgumentTypeError: The text is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'{text!r} is no whole number from 1')
    return int(text)


class Fault(NamedTuple):
    """A record that training could not use; the image is empty where the record is at fault."""

    split: str
    place: str
    image: str
    text: str


@dataclass
class Copy:
    """A copy of a data set, and what is found of it.

    Attributes:
        name: One of :data:`NAMES`.
        ann_file: The annotation file in ``root``, or files by split.
        expected: Split to the size that it should have; empty where nothing is known.
    """

    name: str
    root: Path
    ann_file: AnnFile
    image_root: Path
    keys: RecordKeys
    expected: Mapping[str, PublishedCounts]
    splits: dict[str, tuple[ImageRecord, ...]] = field(default_factory=dict)
    places: dict[str, Callable[[int], str]] = field(default_factory=dict)
    bad_records: list[Fault] = field(default_factory=list)
    bad_images: list[Fault] = field(default_factory=list)
    decoded: bool = True

    @property
    def files(self) -> dict[Path, str | None]:
        """The annotation files, with the split of their records that name none."""
        if isinstance(self.ann_file, str):
            return {self.root / self.ann_file: None}
        files = {self.root / file: split for split, file in self.ann_file.items()}
        return {file: split for file, split in files.items() if file.is_file()}

    @property
    def shared(self) -> dict[tuple[str, str], int]:
        """Two splits to the number of identities that are in both."""
        people = {name: _people(records) for name, records in self.splits.items()}
        pairs = {pair: len(people[pair[0]] & people[pair[1]]) for pair in combinations(people, 2)}
        return {pair: number for pair, number in pairs.items() if number}

    @property
    def leaks(self) -> int:
        """Identities that are trained on and evaluated; the authors of a public data set know."""
        if self.name in PUBLIC:
            return 0
        return sum(number for pair, number in self.shared.items() if TRAIN in pair)

    def count(self, split: str, quantity: str) -> int:
        """Count what a split, or all of them, holds in usable records."""
        names = self.splits if split == ALL else [split]
        records = [record for name in names for record in self.splits.get(name, ())]
        if quantity == 'identities':
            return len(_people(records))
        return len(records) if quantity == 'images' else sum(len(each.captions) for each in records)

    def count_rows(self) -> list[tuple[str, str, str, str, str]]:
        """Give all counts beside what they should be, with a note on each."""
        return [
            self._count_row(split, quantity)
            for split in dict.fromkeys([*self.expected, *self.splits])
            for quantity in QUANTITIES
        ]

    def _count_row(self, split: str, quantity: str) -> tuple[str, str, str, str, str]:
        found, published = self.count(split, quantity), self.expected.get(split)
        expected = getattr(published, quantity, 0)
        in_papers = published.captions_in_papers if published else None
        note = ''
        if expected:
            note = 'ok' if found == expected else f'{abs(found - expected):,} too '
            note += '' if found == expected else 'many' if found > expected else 'few'
            if quantity == 'captions' and in_papers and found in (expected, in_papers):
                note = f'ok (papers print {in_papers:,}; both are right)'
        elif self.expected and published is None and ALL not in self.expected:
            note = 'there should be no such split'
        return split, quantity, f'{found:,}', f'{expected:,}' if expected else '', note

    @property
    def wrong_counts(self) -> int:
        """Number of counts that are not as they should be."""
        return sum(bool(note) and not note.startswith('ok') for *_, note in self.count_rows())

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.bad_records or self.bad_images or self.wrong_counts or self.leaks)


def locate(
    name: str,
    root: Path | None = None,
    ann_file: AnnFile | None = None,
    image_folder: str | None = None,
    keys: Mapping[str, str] | None = None,
) -> Copy:
    """Find the files of a copy and what they should hold."""
    root = Path('data', name) if root is None else root
    if name == OTHER and ann_file is None:
        raise ValueError(f'{OTHER} has no usual annotation file: name it by --ann-file.')
    kind = PUBLIC.get(name, ImageCaptionDataset)
    expected: Mapping[str, PublishedCounts] = {}
    if name in PUBLIC:
        ann_file, expected = ann_file or PUBLIC[name].find_ann_file(root), PUBLIC[name].published
    elif name == SYNTHETIC:
        made = read_manifest(root)['counts']
        expected = {split: PublishedCounts(**counts) for split, counts in made.items()}
    folder = root / (kind.image_folder if image_folder is None else image_folder)
    named = RecordKeys.named(**(keys or {}))
    return Copy(name, root, ann_file or ANNOTATIONS, folder, named, expected)


def verify(copy: Copy, decode: bool = True, threads: int | None = None) -> Copy:
    """Read the annotation files of a copy, and look at every image."""
    copy.decoded = decode
    for file, split in copy.files.items():
        parsed, place = parse_file(Source(file, copy.image_root, copy.keys, split))
        if copy.name in PUBLIC:
            PUBLIC[copy.name].check_records(file, [r for of in parsed.splits.values() for r in of])
        copy.bad_records += [
            Fault(each.split or '', place(each.number), '', each.text) for each in parsed.problems
        ]
        for name, records in parsed.splits.items():
            copy.splits[name] = copy.splits.get(name, ()) + records
            copy.places[name] = place
        require_image_folder(copy.image_root, file)
    images = [(name, each) for name, of in copy.splits.items() for each in of]
    paths = [each.path for _, each in images]
    unreadable = find_unreadable(
        paths, 'decode' if decode else 'exists', threads or os.cpu_count() or 1
    )
    copy.bad_images += [
        Fault(name, copy.places[name](each.number), each.path, unreadable[each.path])
        for name, each in images
        if each.path in unreadable
    ]
    return copy


def format_report(copy: Copy, limit: int = 10) -> str:
    """Write what was verified, the table of counts, what is wrong, and the verdict."""
    files = ' and '.join(map(str, copy.files))
    parts = [
        f'{copy.name}: annotation file {files}, images below {copy.image_root}',
        _table([COLUMNS, *copy.count_rows()]),
        _report_records(copy, limit),
        _report_images(copy, limit),
        _report_shared(copy),
        _verdict(copy),
    ]
    return '\n\n'.join(part for part in parts if part)


def _people(records: Iterable[ImageRecord]) -> set[int]:
    return {record.identity for record in records} - {UNKNOWN_IDENTITY}


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Align columns: text to the left, the two columns of numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return '\n'.join(
        f'{split:{widths[0]}}  {quantity:{widths[1]}}  {found:>{widths[2]}}  '
        f'{expected:>{widths[3]}}  {note}'.rstrip()
        for split, quantity, found, expected, note in rows
    )


def _report_records(copy: Copy, limit: int) -> str:
    if not copy.bad_records:
        return ''
    return '\n'.join(
        [f'{len(copy.bad_records):,} records are unusable, and not counted above:']
        + [f'  {fault.place} {fault.text}' for fault in copy.bad_records[:limit]]
        + _rest(copy.bad_records, limit)
    )


def _report_images(copy: Copy, limit: int) -> str:
    total = copy.count(ALL, 'images')
    verb = 'decode' if copy.decoded else 'exist'
    images_in = _count_folders(copy, (each.path for of in copy.splits.values() for each in of))
    bad_in = _count_folders(copy, (fault.image for fault in copy.bad_images))
    folders = [
        f'  {name}/: {bad_in[name]:,} of {images_in[name]:,} are missing or unreadable'
        for name in sorted(bad_in)
        if name
    ]
    examples = [
        f'  {each.split}, {each.place}: {each.image} {each.text}' for each in copy.bad_images
    ]
    return '\n'.join(
        [f'images: {total - len(copy.bad_images):,} of {total:,} {verb}']
        + folders[:MOST_FOLDERS]
        + examples[:limit]
        + _rest(copy.bad_images, limit)
    )


def _count_folders(copy: Copy, paths: Iterable[str]) -> Counter[str]:
    """Count images by the folder that lies directly in the image folder; '' for itself."""
    parts = (os.path.relpath(path, copy.image_root).split(os.sep, 1) for path in paths)
    return Counter(first if rest else '' for first, *rest in parts)


def _rest(faults: Sequence[Fault], limit: int) -> list[str]:
    hidden = len(faults) - limit
    return [f'  and {hidden:,} more; --list FILE writes all of them'] if hidden > 0 else []


def _report_shared(copy: Copy) -> str:
    notes = [
        f'note: {number:,} identities are in {first} and in {second}'
        for (first, second), number in copy.shared.items()
    ]
    if copy.leaks:
        notes.append(
            'If these are the same people, scores will be too good: tools/convert_annotations.py '
            '--split-key none --val 0.1 --test 0.1 keeps them apart. If every split counts from 0, '
            'give each person of the file a number of their own.'
        )
    return '\n'.join(notes)


def _verdict(copy: Copy) -> str:
    if copy.is_sound:
        return 'Nothing else is wrong.' if copy.shared else 'Nothing is wrong.'
    return (
        f'WRONG: {copy.wrong_counts} counts, {len(copy.bad_records):,} records, '
        f'{len(copy.bad_images):,} images'
        + f', {copy.leaks:,} identities in train and in another split' * bool(copy.leaks)
        + '.'
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Verify, print, and return the exit code."""
    args = parse_args(argv)
    split, _, file = (args.ann_file or '').rpartition('=')
    try:
        ann_file = {split: file} if split else args.ann_file
        copy = locate(args.name, args.root, ann_file, args.imgs, args.keys)
        verify(copy, not args.no_decode, args.jobs)
    except (OSError, TypeError, ValueError) as error:
        print(f'error: {error}\n{NAMES_OF_SETTINGS}', file=sys.stderr)
        return 1
    print(format_report(copy, args.num))
    if args.list:
        faults = [*copy.bad_records, *copy.bad_images]
        write_table([('split', 'place', 'image', 'problem'), *faults], args.list)
        print(f'{len(faults):,} unusable records are listed in {args.list}')
    return 0 if copy.is_sound else 1


if __name__ == '__main__':
    sys.exit(main())
