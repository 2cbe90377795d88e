"""Makes the built-in data set SyntheticPedes with other sizes and knobs."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import Field, fields
from pathlib import Path

from cpcl_mm.apis import tool_parser
from cpcl_mm.synthetic import SyntheticSettings, ensure_synthetic_pedes

DESCRIPTION = """\
Makes SyntheticPedes: drawn pedestrians with captions, split into train, val and test.

Training on the built-in data set makes it by itself with the default settings; this tool is for
other sizes and other difficulties. The same settings always give the same files. A folder that
already holds the wanted data set is left as it is; any other folder must be empty."""

EXAMPLES = """\
examples:
  # the default data set, at data/SyntheticPedes
  python tools/make_synthetic_pedes.py

  # larger pictures of more people
  python tools/make_synthetic_pedes.py --root data/Large --height 256 --width 128 \\
      --train-identities 2000

  # an easy one: exact captions, clean frontal pictures
  python tools/make_synthetic_pedes.py --root data/Easy --omission 0 --wrong-color 0 \\
      --near-duplicates 0 --back-view 0 --side-view 0 --occlusion 0 --blur 0 --light 0"""


def build_parser() -> argparse.ArgumentParser:
    """Give a parser with one option for each field of :class:`SyntheticSettings`."""
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    parser.add_argument(
        '--root',
        type=Path,
        default=Path('data/SyntheticPedes'),
        help='Folder to make (default: %(default)s).',
    )
    parser.add_argument('--workers', type=int, help='Processes that draw (default: one per core).')
    knobs = parser.add_argument_group('settings of the data set')
    for knob in fields(SyntheticSettings):
        _add_option(knobs, knob)
    return parser


def _add_option(group: argparse._ArgumentGroup, knob: Field) -> None:
    kind = type(knob.default)
    group.add_argument(
        f'--{knob.name.replace("_", "-")}',
        type=kind,
        default=knob.default,
        metavar='N' if kind is int else 'X',
        help=f'{knob.metadata["help"].replace("%", "%%")} (default: %(default)s)',
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the data set.

    Args:
        arguments: Command line without the program's name; None for that of the process.

    Returns:
        0, or 1 when the settings or the folder cannot be used.
    """
    options = vars(build_parser().parse_args(arguments))
    root, workers = options.pop('root'), options.pop('workers')
    try:
        settings = SyntheticSettings(**options)
        ensure_synthetic_pedes(root, settings, workers)
    except (ValueError, FileExistsError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    for split, counts in settings.counts().items():
        print(f'{split}:', ', '.join(f'{count} {name}' for name, count in counts.items()))
    print(f'SyntheticPedes is at {root}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
