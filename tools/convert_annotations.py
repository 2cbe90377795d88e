"""Convert images with captions from one format to another, and make splits."""

import argparse
import csv
import io
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import count
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from sklearn.model_selection import GroupShuffleSplit

from cpcl_mm.apis import tool_parser
from cpcl_mm.datasets.annotation_file import JSON_LINES, describe_folder, read_annotation_file
from cpcl_mm.datasets.caption_folder import (
    read_caption_folder,
    refuse_existing,
    write_caption_folder,
)
from cpcl_mm.datasets.names import (
    UNKNOWN_IDENTITY,
    RecordKeys,
    common_splits,
    number_names,
    read_identity,
)
from cpcl_mm.datasets.problems import handle_problems
from cpcl_mm.datasets.records import parse_records, require_keys
from cpcl_mm.utils.image_folder import count_passed_over, look_through

TRAIN = 'train'
ORDER = (TRAIN, 'val', 'test')
NO_SPLIT = ''
SUFFIXES = ('.json', '.csv', *JSON_LINES)

DESCRIPTION = """\
Converts images with captions from one format to another, and makes the splits train, val and test.

SOURCE and TARGET are each one of these, told by the suffix:
  .jsonl, .ndjson  one JSON object a line, for one image
  .json            one JSON list of such objects; SOURCE may be a map from images to captions, too
  .csv             a table: a line of column names, then one caption a row (column `caption`), or
                   several in a cell, separated by | (column `captions`)
  a folder         images, subfolders included, each with a .txt beside it: one caption a line

Every image has a path, captions, a split, and, if it is known, an identity: the number of a person.
Training needs no identities; evaluation needs them, to know which images match a caption. A folder
of images holds neither splits nor identities, so converting to one leaves them out."""

EXAMPLES = """\
examples:
  # a folder of crops with captions: a tenth for validation, a tenth for the final score, and each
  # caption of these has to find the very image it was written for
  python tools/convert_annotations.py data/mine/imgs data/mine/captions.jsonl \\
      --val 0.1 --test 0.1 --image-is-identity

  # the same, where file names such as 0007_c1.jpg begin with the number of the person
  python tools/convert_annotations.py data/mine/imgs data/mine/captions.jsonl \\
      --val 0.1 --test 0.1 --id-pattern '^(\\d+)_'

  # a folder that has subfolders train, val and test already, and in them one for each person
  python tools/convert_annotations.py data/mine/imgs data/mine/captions.jsonl \\
      --split-pattern '^(train|val|test)/' --id-pattern '/([^/]+)/'"""


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add('source', type=Path, help='annotation file, or folder of images')
    add('target', type=Path, help='annotation file, or folder, to write')
    add(
        '--image-root',
        type=Path,
        help='folder that image paths are relative to, and must not leave (default: SOURCE if it '
        'is a folder, else the folder imgs beside it)',
    )
    add('--force', action='store_true', help='overwrite what is there')
    add(
        '--bad-records',
        choices=('error', 'skip'),
        default='error',
        help='stop at records that cannot be used, such as images without captions, or leave them '
        'out with a warning (default: error)',
    )
    add = parser.add_argument_group('splits, where SOURCE has none').add_argument
    share = 'share of the people, of images where identities are unknown, for %s (default: 0)'
    add('--val', type=float, default=0.0, metavar='SHARE', help=share % 'validation')
    add('--test', type=float, default=0.0, metavar='SHARE', help=share % 'the final score')
    add('--seed', type=int, default=0, help='another one shares out otherwise (default: 0)')
    path = "read it from the path instead: what the pattern's one group in parentheses matches"
    add('--split-pattern', metavar='REGEX', help=path)
    add = parser.add_argument_group('identities, where SOURCE has none').add_argument
    add('--id-pattern', metavar='REGEX', help=f'{path}; names that are no numbers are numbered')
    add(
        '--image-is-identity',
        action='store_true',
        help='make every image outside of train that has no identity its own: evaluation then '
        'matches images and captions, not people',
    )
    add = parser.add_argument_group('keys or columns of SOURCE').add_argument
    for what, names in asdict(RecordKeys()).items():
        add(f'--{what}-key', help=f'default: the first there of {", ".join(names)}')
    return parser.parse_args(argv)


class Annotation(NamedTuple):
    """An image, its captions and what else is known, by a path relative to the image folder."""

    path: str
    captions: tuple[str, ...]
    identity: int = UNKNOWN_IDENTITY
    split: str = NO_SPLIT

    @property
    def has_identity(self) -> bool:
        """Whether it is known who is shown."""
        return self.identity != UNKNOWN_IDENTITY

    def as_record(self) -> dict[str, Any]:
        """Give the record that annotation files hold; the identity is left out when unknown."""
        record: dict[str, Any] = {'img_path': self.path, 'captions': list(self.captions)}
        if self.has_identity:
            record['id'] = self.identity
        return record | {'split': self.split}


Images = Sequence[Annotation]


def read_source(
    source: Path, image_root: Path, keys: RecordKeys | None = None, bad_records: str = 'error'
) -> list[Annotation]:
    """Read and validate an annotation file, or a folder of images with captions beside them."""
    keys = keys or RecordKeys()
    if not source.exists():
        raise FileNotFoundError(f'{source} does not exist; {describe_folder(source.parent)}.')
    is_folder = source.is_dir()
    annotations = read_caption_folder(source) if is_folder else read_annotation_file(source, keys)
    parsed = parse_records(annotations, keys, source if is_folder else image_root, NO_SPLIT)
    require_keys(parsed.keys, keys, source, NO_SPLIT)
    handle_problems(parsed.problems, source, annotations.place, bad_records, parsed.total)
    if len(parsed.splits) > 1 and NO_SPLIT in parsed.splits:
        place = annotations.place(parsed.splits[NO_SPLIT][0].number)
        raise ValueError(
            f'{place} of {source} has no key {keys.split[0]!r}, and others have: give every record '
            'a split, or pass over all of them by --split-key none.'
        )
    found = {}
    for split, records in parsed.splits.items():
        for record in records:
            path = Path(os.path.relpath(record.path, image_root))
            if path.parts[:1] == (os.pardir,):
                raise ValueError(
                    f'{annotations.place(record.number)} of {source} has an image outside of the '
                    f'image folder {image_root}: {record.path}. Name the folder that holds all '
                    'images by --image-root.'
                )
            image = Annotation(path.as_posix(), record.captions, record.identity, split)
            found[record.number] = image
    if not found:
        raise ValueError(f'{source} holds no usable record.')
    return [found[number] for number in sorted(found)]


def identities_from_paths(images: Images, pattern: str) -> list[Annotation]:
    """Read identities from paths: whole numbers stay if all are such, other names are numbered."""
    has_some = any(image.has_identity for image in images)
    names = _from_paths(images, pattern, '--id-pattern', 'identities' * has_some)
    are_numbers = all(name.isdecimal() for name in names)
    found = [read_identity(name) if are_numbers else name for name in names]
    number_of = number_names(found)
    numbers = [number_of[name] if isinstance(name, str) else name for name in found]
    return [image._replace(identity=n) for image, n in zip(images, numbers, strict=True)]


def splits_from_paths(images: Images, pattern: str) -> list[Annotation]:
    """Read splits from paths."""
    has_some = any(image.split for image in images)
    names = _from_paths(images, pattern, '--split-pattern', 'splits' * has_some)
    renamed = common_splits(names)
    return [image._replace(split=renamed[n]) for image, n in zip(images, names, strict=True)]


def _from_paths(images: Images, pattern: str, option: str, known: str) -> list[str]:
    """Return what the group of a pattern matches in each path, of which nothing may be known."""
    if known:
        raise ValueError(f'{option} {pattern!r}: the source has {known} already; leave it out.')
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f'{option} {pattern!r} is no regular expression: {error}.') from error
    if compiled.groups != 1:
        raise ValueError(
            f'{option} {pattern!r} has {compiled.groups} groups in parentheses, expected one; '
            'further ones are written (?:...).'
        )
    found = []
    for image in images:
        match = compiled.search(image.path)
        if not match or not match[1]:
            raise ValueError(
                f'{option} {pattern!r} finds nothing in {image.path!r}, and has to in every path.'
            )
        found.append(match[1])
    return found


def make_splits(
    images: Images, val: float = 0.0, test: float = 0.0, seed: int = 0
) -> list[Annotation]:
    """Share images out to train, val and test, all images of an identity to one of them."""
    if any(image.split for image in images):
        if val or test:
            raise ValueError(
                f'--val {val} --test {test}: the source has splits already. Leave the options '
                'out to keep them, or pass over the splits of the source by --split-key none.'
            )
        return list(images)
    # What may not be torn apart: the identity, or the image where it is unknown.
    groups = [str(image.identity) if image.has_identity else image.path for image in images]
    total, numbers = len(set(groups)), {}
    for name, share in (('val', val), ('test', test)):
        if not 0 <= share < 1:
            raise ValueError(f'--{name} {share} is no share: give at least 0 and less than 1.')
        numbers[name] = max(1, round(share * total)) if share else 0
    if sum(numbers.values()) >= total:
        raise ValueError(
            f'--val {val} --test {test} leave none of {total} identities (images, where identities '
            'are unknown) to train on; give smaller shares.'
        )
    split_of = dict.fromkeys(groups, TRAIN)
    for name in [name for name, number in numbers.items() if number]:
        left = [group for group in groups if split_of[group] == TRAIN]
        splitter = GroupShuffleSplit(1, test_size=numbers[name], random_state=seed)
        _, chosen = next(splitter.split(left, groups=left))
        split_of |= dict.fromkeys((left[index] for index in chosen), name)
    return [image._replace(split=split_of[g]) for image, g in zip(images, groups, strict=True)]


def number_images(images: Images) -> list[Annotation]:
    """Make every image outside of train that has no identity its own, after the highest one."""
    numbers = count(max(image.identity for image in images) + 1)
    return [
        image
        if image.has_identity or image.split == TRAIN
        else image._replace(identity=next(numbers))
        for image in images
    ]


def by_split(images: Images) -> dict[str, list[Annotation]]:
    """Sort images into splits, in the usual order."""
    names = {image.split for image in images}
    order = [name for name in ORDER if name in names] + sorted(names - set(ORDER))
    return {name: [image for image in images if image.split == name] for name in order}


def count_splits(images: Images) -> list[str]:
    """Count identities, images and captions of every split, a line each."""
    lines = []
    for name, of in by_split(images).items():
        known = [image.identity for image in of if image.has_identity]
        captions = sum(len(image.captions) for image in of)
        line = f'{name}: {len(set(known))} identities, {len(of)} images, {captions} captions'
        unknown = f' ({len(of) - len(known)} images of unknown identity)'
        lines.append(line + unknown * (len(known) < len(of)))
    return lines


def find_gaps(images: Images) -> list[str]:
    """Say what training and evaluation will miss, a sentence or two each."""
    splits = by_split(images)
    gaps = []
    if missing := [name for name in ORDER if name not in splits]:
        gaps.append(
            f'there is no split {" or ".join(missing)}, only {", ".join(splits)}. Training needs '
            'train, validation val, and the final score test: --split-key none --val 0.1 --test '
            '0.1 makes them anew, or set split=... of the data sets in the config.'
        )
    homes: dict[int, set[str]] = {}
    for image in [image for image in images if image.has_identity]:
        homes.setdefault(image.identity, set()).add(image.split)
    for name, of in splits.items():
        unknown = sum(not image.has_identity for image in of)
        if unknown and name != TRAIN:
            gaps.append(
                f'{unknown} of the {len(of)} images of {name} have no identity, and evaluation '
                'needs it. --id-pattern reads identities from the paths; --image-is-identity makes '
                'every image its own, so that a caption has to find the image it was written for.'
            )
    if shared := [identity for identity, names in homes.items() if len(names) > 1]:
        gaps.append(
            f'{len(shared)} identities are in several splits, identity {shared[0]} in '
            f'{" and ".join(sorted(homes[shared[0]]))}: scores will be too good. Splits made by '
            '--val and --test keep them apart.'
        )
    return gaps


def write_target(images: Images, target: Path, image_root: Path, force: bool = False) -> None:
    """Write an annotation file, or a folder of images with captions beside them."""
    if is_folder(target):
        captions = {image.path: image.captions for image in images}
        return write_caption_folder(captions, target, image_root, force)
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(
            f'{target} has the suffix {target.suffix!r}, expected one of {", ".join(SUFFIXES)}, or '
            'none for a folder.'
        )
    refuse_existing([target], force)
    records = [image.as_record() for image in images]
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    text = '\n'.join(lines) if suffix in JSON_LINES else '[\n' + ',\n'.join(lines) + '\n]'
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_table(records) if suffix == '.csv' else f'{text}\n', encoding='utf-8')
    return None


def is_folder(target: Path) -> bool:
    """Tell whether a target is a folder: one that exists, or a name without suffix."""
    return target.is_dir() or not target.suffix


def _table(records: Sequence[dict[str, Any]]) -> str:
    """Write one caption a row, and no column of identities where all are unknown."""
    columns = [key for key in ('img_path', 'split', 'id') if any(key in each for each in records)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow([*columns, 'caption'])
    for record in records:
        facts = [record.get(column, '') for column in columns]
        writer.writerows([*facts, caption] for caption in record['captions'])
    return text.getvalue()


def convert(args: argparse.Namespace) -> Images:
    """Convert as a command line says; return what was written."""
    if args.source.is_dir() and is_folder(args.target):
        raise ValueError(
            f'{args.source} and {args.target} are both folders: give TARGET a suffix, such as '
            f'{args.target.with_suffix(".jsonl")}.'
        )
    keys = RecordKeys.named(args.image_key, args.captions_key, args.identity_key, args.split_key)
    images = read_source(args.source, args.image_root, keys, args.bad_records)
    if args.id_pattern is not None:
        images = identities_from_paths(images, args.id_pattern)
    if args.split_pattern is not None:
        images = splits_from_paths(images, args.split_pattern)
    images = make_splits(images, args.val, args.test, args.seed)
    if args.image_is_identity:
        images = number_images(images)
    write_target(images, args.target, args.image_root, args.force)
    return images


def count_unused(source: Path) -> list[str]:
    """Say what a folder holds beside images and captions, in a line if there is anything."""
    if not source.is_dir():
        return []
    images, passed_over = look_through(source)
    texts = {str(PurePath(image).with_suffix('.txt')) for image in images}
    return count_passed_over({path: why for path, why in passed_over.items() if path not in texts})


def main(argv: Sequence[str] | None = None) -> int:
    """Convert; the exit code is 1 if that is not possible."""
    args = parse_args(argv)
    if args.image_root is None:
        args.image_root = args.source if args.source.is_dir() else args.source.parent / 'imgs'
    try:
        images = convert(args)
    except (ValueError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    print('\n'.join([*count_splits(images), *count_unused(args.source)]))
    if args.target.is_dir():
        print(f'{args.target} holds images and captions, without splits and identities')
        return 0
    for gap in find_gaps(images):
        print(f'warning: {gap}', file=sys.stderr)
    root, name = args.target.parent, args.target.name
    folder = Path(os.path.relpath(args.image_root, root)).as_posix()
    print(
        f'{args.target} holds {len(images)} images; in a config:\n'
        f"  data = dict(type='ImageCaptionDataset', data_root='{root.as_posix()}', "
        f"ann_file='{name}', data_prefix=dict(img_path='{folder}'))"
    )
    return 0


if __name__ == '__main__':
    sys.exit(main())
