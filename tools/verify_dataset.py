"""Verify a copy of a data set: counts against the published ones, and every image."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import DictAction

from cpcl_mm.apis import tool_parser
from cpcl_mm.datasets.verification import NAMES, format_report, locate, verify, write_list

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
        --imgs crops --keys image=file captions=texts

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
    parser.add_argument('--ann-file', help='annotation file in ROOT, if it has an unusual name')
    parser.add_argument('--imgs', default='imgs', help='image folder in ROOT (default: imgs)')
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


def main(argv: Sequence[str] | None = None) -> int:
    """Verify, print, and return the exit code."""
    args = parse_args(argv)
    try:
        copy = locate(args.name, args.root, args.ann_file, args.imgs, args.keys)
        result = verify(copy, 'exists' if args.no_decode else 'decode', args.jobs)
    except (OSError, ValueError) as error:
        print(f'error: {error}\n{NAMES_OF_SETTINGS}', file=sys.stderr)
        return 1
    print(format_report(result, args.num))
    if args.list:
        write_list(result.faults, args.list)
        print(f'{len(result.faults):,} unusable records are listed in {args.list}')
    return 0 if result.is_sound else 1


if __name__ == '__main__':
    sys.exit(main())
