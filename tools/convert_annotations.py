"""Convert images with captions from one format to another, and make splits."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cpcl_mm.apis import tool_parser
from cpcl_mm.datasets.conversion import (
    Annotation,
    count_splits,
    find_gaps,
    identities_from_paths,
    is_folder,
    make_splits,
    number_images,
    read_source,
    splits_from_paths,
    write_target,
)
from cpcl_mm.datasets.formats import unused_files
from cpcl_mm.datasets.records import RecordKeys
from cpcl_mm.utils.image_folder import count_passed_over, write_reasons

DESCRIPTION = """\
Converts images with captions from one format to another, and makes the splits train, val and test.

SOURCE and TARGET are each one of these, told by the suffix:
  .jsonl, .ndjson  one JSON object a line, for one image
  .json            one JSON list of such objects
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

  # a file with other keys, and a .txt beside every image of it
  python tools/convert_annotations.py data/CUHK-PEDES/reid_raw.json data/CUHK-PEDES/imgs \\
      --image-key file_path"""


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
    keys = RecordKeys()
    group.add_argument('--image-key', default=keys.image, help='image path (default: %(default)s)')
    group.add_argument(
        '--captions-key', default=keys.captions, help='list of captions (default: %(default)s)'
    )
    group.add_argument('--identity-key', default=keys.identity, help='default: %(default)s')
    group.add_argument('--split-key', default=keys.split, help='default: %(default)s')


def convert(args: argparse.Namespace) -> tuple[list[Annotation], list[str]]:
    """Convert as a command line says; return what was written, and what it lacks."""
    if args.source.is_dir() and is_folder(args.target):
        raise ValueError(
            f'{args.source} and {args.target} are both folders: give TARGET a suffix, such as '
            f'{args.target.with_suffix(".jsonl")}.'
        )
    keys = RecordKeys(args.image_key, args.captions_key, args.identity_key, args.split_key)
    annotations = read_source(args.source, args.image_root, keys, args.bad_records)
    if args.id_pattern is not None:
        annotations = identities_from_paths(annotations, args.id_pattern)
    if args.split_pattern is not None:
        annotations = splits_from_paths(annotations, args.split_pattern)
    had_splits = any(annotation.split for annotation in annotations)
    annotations = make_splits(annotations, args.val, args.test, args.seed)
    if args.image_is_identity:
        annotations = number_images(annotations)
    write_target(annotations, args.target, args.image_root, args.force)
    return annotations, find_gaps(annotations, had_splits)


def report_unused(args: argparse.Namespace) -> list[str]:
    """Say what a folder holds beside images and captions, and list it if that is asked for."""
    unused = unused_files(args.source) if args.source.is_dir() else {}
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
