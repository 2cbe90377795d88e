"""Convert images with captions from one format to another, and make splits."""

import argparse
import csv
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from sklearn.model_selection import GroupShuffleSplit
from tqdm import tqdm

from cpcl_mm.apis import tool_parser
from cpcl_mm.datasets.annotation_file import JSON_LINES, describe_folder, read_annotation_file
from cpcl_mm.datasets.caption_folder import PROGRESS_FROM, check_text_files, read_caption_folder
from cpcl_mm.datasets.names import (
    UNKNOWN_IDENTITY,
    RecordKeys,
    common_splits,
    number_names,
    read_identity,
)
from cpcl_mm.datasets.problems import handle_problems
from cpcl_mm.datasets.records import parse_records, require_keys
from cpcl_mm.utils.image_folder import count_passed_over, look_through, write_reasons

TRAIN = 'train'
ORDER = (TRAIN, 'val', 'test')
NO_SPLIT = ''

DESCRIPTION = """\
Converts images with captions from one format to another, and makes the splits train, val and test.

SOURCE and TARGET are each one of these, told by the suffix:
  .jsonl, .ndjson  one JSON object a line, for one image
  .json            one JSON list of such objects; SOURCE may be a map from images to captions, too
  .csv             a table: a line of column names, then one caption a row (column `caption`), or
                   several in a cell, separated by | (column `captions`)
  a folder         images, subfolders included, each with a .txt beside it: one caption a line;
                   links to folders are followed

Every image has a path, captions, a split, and, if it is known, the number of a person: its
identity. Training needs no identities; evaluation needs them, to know which images match a caption:
read them from the paths by --id-pattern, or let every image be its own by --image-is-identity. A
folder of images holds neither splits nor identities, so converting to one leaves them out."""

EXAMPLES = """\
examples:
  # a folder of crops with captions: a tenth for validation, a tenth for the final score, and each
  # caption of these has to find the very image it was written for
  python tools/convert_annotations.py data/mine/imgs data/mine/captions.jsonl \\
      --val 0.1 --test 0.1 --image-is-identity

  # the same, where file names such as 0007_c1.jpg begin with the number of the person: all images
  # of a person come into one split
  python tools/convert_annotations.py data/mine/imgs data/mine/captions.jsonl \\
      --val 0.1 --test 0.1 --id-pattern '^(\\d+)_'

  # a folder that has subfolders train, val and test already, and in them one for each person
  python tools/convert_annotations.py data/mine/imgs data/mine/captions.jsonl \\
      --split-pattern '^(train|val|test)/' --id-pattern '/([^/]+)/'

  # a table for a spreadsheet, and back
  python tools/convert_annotations.py data/mine/captions.jsonl data/mine/captions.csv
  python tools/convert_annotations.py data/mine/captions.csv data/mine/captions.jsonl --force

  # a .txt beside every image of a public data set
  python tools/convert_annotations.py data/CUHK-PEDES/reid_raw.json data/CUHK-PEDES/imgs"""


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    parser.add_argument('source', type=Path, help='annotation file, or folder of images')
    parser.add_argument('target', type=Path, help='annotation file, or folder, to write')
    parser.add_argument(
        '--image-root',
        type=Path,
        help='folder that image paths are relative to, and must not leave (default: SOURCE if it '
        'is a folder, else the folder imgs beside it)',
    )
    parser.add_argument('--force', action='store_true', help='overwrite what is there')
    parser.add_argument(
        '--bad-records',
        choices=('error', 'skip'),
        default='error',
        help='stop at records that cannot be used, such as images without captions, or leave them '
        'out with a warning (default: error)',
    )
    parser.add_argument(
        '--list', type=Path, metavar='FILE', help='write what a folder holds that is left out'
    )
    _add_split_options(parser.add_argument_group('splits, where SOURCE has none'))
    _add_identity_options(parser.add_argument_group('identities, where SOURCE has none'))
    _add_key_options(parser.add_argument_group('keys or columns of SOURCE'))
    return parser.parse_args(argv)


def _add_split_options(group: argparse._ArgumentGroup) -> None:
    for name in ('val', 'test'):
        group.add_argument(
            f'--{name}',
            type=float,
            default=0.0,
            metavar='SHARE',
            help=f'share of the people that goes to {name}, all their images together; of the '
            'images, where identities are unknown (default: 0)',
        )
    group.add_argument(
        '--seed', type=int, default=0, help='another one shares out otherwise (default: 0)'
    )
    group.add_argument(
        '--split-pattern',
        metavar='REGEX',
        help='read the split from the path instead: what the one group in parentheses matches',
    )


def _add_identity_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        '--id-pattern',
        metavar='REGEX',
        help='read the identity from the path: what the one group in parentheses matches. Whole '
        'numbers stay, other names are numbered',
    )
    group.add_argument(
        '--image-is-identity',
        action='store_true',
        help='make every image outside of train that has no identity its own: evaluation then '
        'matches images and captions, not people',
    )


def _add_key_options(group: argparse._ArgumentGroup) -> None:
    for name, names in (
        ('image', RecordKeys().image),
        ('captions', RecordKeys().captions),
        ('identity', RecordKeys().identity),
        ('split', RecordKeys().split),
    ):
        group.add_argument(f'--{name}-key', help=f'default: the first there of {", ".join(names)}')


class Annotation(NamedTuple):
    """An image, its captions and what else is known, by a path relative to the image folder."""

    path: str
    captions: tuple[str, ...]
    identity: int = UNKNOWN_IDENTITY
    split: str = NO_SPLIT

    @property
    def group(self) -> int | str:
        """What may not be torn apart: the identity, or the image where it is unknown."""
        return self.path if self.identity == UNKNOWN_IDENTITY else self.identity

    def as_record(self) -> dict[str, object]:
        """Give the record that annotation files hold; the identity is left out when unknown."""
        record: dict[str, object] = {'img_path': self.path, 'captions': list(self.captions)}
        if self.identity != UNKNOWN_IDENTITY:
            record['id'] = self.identity
        return record | {'split': self.split}


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
    found = sorted(
        (record.number, Annotation(record.path, record.captions, record.identity, split))
        for split, records in parsed.splits.items()
        for record in records
    )
    if not found:
        raise ValueError(f'{source} holds no usable record.')
    if len(parsed.splits) > 1 and NO_SPLIT in parsed.splits:
        place = annotations.place(parsed.splits[NO_SPLIT][0].number)
        raise ValueError(
            f'{place} of {source} has no key {keys.split[0]!r}, and others have: give every record '
            'a split, or pass over all of them by --split-key none.'
        )
    return [
        each._replace(path=_path_within(image_root, each.path, annotations.place(number), source))
        for number, each in found
    ]


def _path_within(image_root: Path, image: str, place: str, source: Path) -> str:
    """Return the path of an image relative to the image folder, which it may not leave."""
    path = Path(os.path.relpath(image, image_root))
    if path.parts[:1] == (os.pardir,):
        raise ValueError(
            f'{place} of {source} has an image outside of the image folder {image_root}: {image}. '
            'Name the folder that holds all images by --image-root.'
        )
    return path.as_posix()


def identities_from_paths(annotations: Sequence[Annotation], pattern: str) -> list[Annotation]:
    """Read identities from paths: whole numbers stay if all are such, other names are numbered."""
    has_some = any(each.identity != UNKNOWN_IDENTITY for each in annotations)
    names = _from_paths(annotations, pattern, '--id-pattern', 'identities' * has_some)
    are_numbers = all(name.isdecimal() for name in names)
    found = [read_identity(name) if are_numbers else name for name in names]
    people = number_names(found)
    numbers = [people[name] if isinstance(name, str) else name for name in found]
    return [each._replace(identity=n) for each, n in zip(annotations, numbers, strict=True)]


def splits_from_paths(annotations: Sequence[Annotation], pattern: str) -> list[Annotation]:
    """Read splits from paths."""
    has_some = any(each.split for each in annotations)
    names = _from_paths(annotations, pattern, '--split-pattern', 'splits' * has_some)
    renamed = common_splits(names)
    return [each._replace(split=renamed[n]) for each, n in zip(annotations, names, strict=True)]


def _from_paths(
    annotations: Sequence[Annotation], pattern: str, option: str, known: str
) -> list[str]:
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
    found = [match[1] if (match := compiled.search(each.path)) else '' for each in annotations]
    for each, name in zip(annotations, found, strict=True):
        if not name:
            raise ValueError(
                f'{option} {pattern!r} finds nothing in {each.path!r}, and has to in every path.'
            )
    return found


def make_splits(
    annotations: Sequence[Annotation], val: float = 0.0, test: float = 0.0, seed: int = 0
) -> list[Annotation]:
    """Share images out to train, val and test, all images of an identity to one of them."""
    if any(each.split for each in annotations):
        if val or test:
            raise ValueError(
                f'--val {val} --test {test}: the source has splits already. Leave the options '
                'out to keep them, or pass over the splits of the source by --split-key none.'
            )
        return list(annotations)
    groups = [str(each.group) for each in annotations]
    total = len(set(groups))
    numbers = {name: _count(total, share, name) for name, share in (('val', val), ('test', test))}
    if sum(numbers.values()) >= total:
        raise ValueError(
            f'--val {val} --test {test} leave none of {total} identities (images, where identities '
            'are unknown) to train on; give smaller shares.'
        )
    split_of = dict.fromkeys(groups, TRAIN)
    for name, number in numbers.items():
        if number:
            left = [group for group in groups if split_of[group] == TRAIN]
            splitter = GroupShuffleSplit(1, test_size=number, random_state=seed)
            _, chosen = next(splitter.split(left, groups=left))
            split_of |= dict.fromkeys((left[index] for index in chosen), name)
    return [
        each._replace(split=split_of[group])
        for each, group in zip(annotations, groups, strict=True)
    ]


def _count(number: int, share: float, name: str) -> int:
    if not 0 <= share < 1:
        raise ValueError(f'--{name} {share} is no share: give at least 0 and less than 1.')
    return max(1, round(share * number)) if share else 0


def number_images(annotations: Sequence[Annotation]) -> list[Annotation]:
    """Make every image outside of train that has no identity its own, after the highest one."""
    numbers = iter(range(max(each.identity for each in annotations) + 1, sys.maxsize))
    return [
        each._replace(identity=next(numbers))
        if each.split != TRAIN and each.identity == UNKNOWN_IDENTITY
        else each
        for each in annotations
    ]


def by_split(annotations: Sequence[Annotation]) -> dict[str, list[Annotation]]:
    """Sort images into splits, in the usual order."""
    names = {each.split for each in annotations}
    order = [name for name in ORDER if name in names] + sorted(names - set(ORDER))
    return {name: [each for each in annotations if each.split == name] for name in order}


def count_splits(annotations: Sequence[Annotation]) -> list[str]:
    """Count identities, images and captions of every split, a line each."""
    lines = []
    for name, images in by_split(annotations).items():
        known = [each.identity for each in images if each.identity != UNKNOWN_IDENTITY]
        captions = sum(len(each.captions) for each in images)
        line = f'{name}: {len(set(known))} identities, {len(images)} images, {captions} captions'
        unknown = len(images) - len(known)
        lines.append(line + f' ({unknown} images of unknown identity)' * bool(unknown))
    return lines


def find_gaps(annotations: Sequence[Annotation], had_splits: bool = False) -> list[str]:
    """Say what training and evaluation will miss, a sentence or two each."""
    splits = by_split(annotations)
    gaps = []
    if missing := [name for name in ORDER if name not in splits]:
        remedy = '--val 0.1 --test 0.1 makes them.'
        if had_splits:
            remedy = (
                f'the splits here are {", ".join(splits)}. Set split=... of the data sets in the '
                'config to these, or share out anew: --split-key none --val 0.1 --test 0.1.'
            )
        gaps.append(
            f'there is no split {" or ".join(missing)}. Training needs train, validation val, and '
            f'the final score test; {remedy}'
        )
    homes: dict[int, set[str]] = {}
    for name, images in splits.items():
        known = [each.identity for each in images if each.identity != UNKNOWN_IDENTITY]
        for identity in known:
            homes.setdefault(identity, set()).add(name)
        if len(known) < len(images) and name != TRAIN:
            gaps.append(
                f'{len(images) - len(known)} of the {len(images)} images of {name} have no '
                'identity, and evaluation needs it. --id-pattern reads identities from the paths; '
                '--image-is-identity makes every image its own, so that a caption has to find the '
                'image it was written for.'
            )
    shared = [identity for identity, names in homes.items() if len(names) > 1]
    if shared:
        gaps.append(
            f'{len(shared)} identities are in several splits, identity {shared[0]} in '
            f'{" and ".join(sorted(homes[shared[0]]))}: scores will be too good. Splits made by '
            '--val and --test keep them apart.'
        )
    return gaps


def write_target(
    annotations: Sequence[Annotation], target: Path, image_root: Path, force: bool = False
) -> None:
    """Write an annotation file, or a folder of images with captions beside them."""
    if is_folder(target):
        _write_folder(annotations, target, image_root, force)
        return
    make_text = FORMATS.get(target.suffix.lower())
    if make_text is None:
        raise ValueError(
            f'{target} has the suffix {target.suffix!r}, expected one of {", ".join(FORMATS)}, or '
            'none for a folder.'
        )
    _refuse_existing([target], force)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(make_text([each.as_record() for each in annotations]), encoding='utf-8')


def is_folder(target: Path) -> bool:
    """Tell whether a target is a folder: one that exists, or a name without suffix."""
    return target.is_dir() or not target.suffix


def _json_lines(records: Sequence[dict]) -> str:
    return ''.join(f'{json.dumps(record, ensure_ascii=False)}\n' for record in records)


def _json_list(records: Sequence[dict]) -> str:
    return '[\n' + _json_lines(records).rstrip('\n').replace('\n', ',\n') + '\n]\n'


def _table(records: Sequence[dict]) -> str:
    """Write one caption a row, and no column of identities where all are unknown."""
    columns = [key for key in ('img_path', 'split', 'id') if any(key in each for each in records)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow([*columns, 'caption'])
    for record in records:
        facts = [record.get(column, '') for column in columns]
        writer.writerows([*facts, caption] for caption in record['captions'])
    return text.getvalue()


FORMATS = {'.json': _json_list, '.csv': _table} | dict.fromkeys(JSON_LINES, _json_lines)


def _write_folder(
    annotations: Sequence[Annotation], folder: Path, image_root: Path, force: bool
) -> None:
    images = [PurePath(each.path) for each in annotations]
    check_text_files(images)
    missing = [image_root / image for image in images if not (image_root / image).is_file()]
    if missing:
        raise FileNotFoundError(
            f'{len(missing)} of {len(images)} images do not exist, such as {missing[0]}; name the '
            'folder that the image paths are relative to by --image-root.'
        )
    copies = [] if folder.resolve() == image_root.resolve() else images
    texts = [image.with_suffix('.txt') for image in images]
    _refuse_existing([folder / path for path in (*texts, *copies)], force)
    for each, text in zip(
        tqdm(annotations, 'Writing captions', disable=len(images) <= PROGRESS_FROM),
        texts,
        strict=True,
    ):
        (folder / text).parent.mkdir(parents=True, exist_ok=True)
        lines = ''.join(f'{" ".join(caption.split())}\n' for caption in each.captions)
        (folder / text).write_text(lines, encoding='utf-8')
    for image in copies:
        shutil.copyfile(image_root / image, folder / image)


def _refuse_existing(paths: Iterable[Path], force: bool) -> None:
    existing = [] if force else [path for path in paths if path.exists()]
    if existing:
        more = f' and {len(existing) - 1} more' * (len(existing) > 1)
        raise FileExistsError(
            f'{existing[0]} exists already, and nothing was written; --force overwrites it{more}.'
        )


def convert(args: argparse.Namespace) -> tuple[list[Annotation], list[str]]:
    """Convert as a command line says; return what was written, and what it lacks."""
    if args.source.is_dir() and is_folder(args.target):
        raise ValueError(
            f'{args.source} and {args.target} are both folders: give TARGET a suffix, such as '
            f'{args.target.with_suffix(".jsonl")}.'
        )
    keys = RecordKeys.named(args.image_key, args.captions_key, args.identity_key, args.split_key)
    annotations = read_source(args.source, args.image_root, keys, args.bad_records)
    if args.id_pattern is not None:
        annotations = identities_from_paths(annotations, args.id_pattern)
    if args.split_pattern is not None:
        annotations = splits_from_paths(annotations, args.split_pattern)
    had_splits = any(each.split for each in annotations)
    annotations = make_splits(annotations, args.val, args.test, args.seed)
    if args.image_is_identity:
        annotations = number_images(annotations)
    write_target(annotations, args.target, args.image_root, args.force)
    return annotations, find_gaps(annotations, had_splits)


def report_unused(args: argparse.Namespace) -> list[str]:
    """Say what a folder holds beside images and captions, and list it if that is asked for."""
    unused = {}
    if args.source.is_dir():
        images, passed_over = look_through(args.source)
        texts = {str(PurePath(image).with_suffix('.txt')) for image in images}
        unused = {path: reason for path, reason in passed_over.items() if path not in texts}
    if args.list:
        write_reasons(unused, args.list)
    remedy = [] if args.list or not unused else ['--list FILE names them']
    return [*count_passed_over(unused), *remedy]


def main(argv: Sequence[str] | None = None) -> int:
    """Convert; the exit code is 1 if that is not possible."""
    args = parse_args(argv)
    if args.image_root is None:
        args.image_root = args.source if args.source.is_dir() else args.source.parent / 'imgs'
    try:
        annotations, gaps = convert(args)
    except (ValueError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    print('\n'.join([*count_splits(annotations), *report_unused(args)]))
    if args.target.is_dir():
        print(f'{args.target} holds images and captions, without splits and identities')
        return 0
    for gap in gaps:
        print(f'warning: {gap}', file=sys.stderr)
    print(f'{args.target} holds {len(annotations)} images; in a config:\n  {_setting(args)}')
    return 0


def _setting(args: argparse.Namespace) -> str:
    """Write the data set as a config has it."""
    root, name = args.target.parent, args.target.name
    images = Path(os.path.relpath(args.image_root, root)).as_posix()
    return (
        f"data = dict(type='ImageCaptionDataset', data_root='{root.as_posix()}', "
        f"ann_file='{name}', data_prefix=dict(img_path='{images}'))"
    )


if __name__ == '__main__':
    sys.exit(main())
