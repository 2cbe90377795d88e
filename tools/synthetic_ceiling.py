"""Print how well the captions of SyntheticPedes can be told apart at all: the ceiling of scores."""

import sys
from collections.abc import Sequence
from pathlib import Path

from cpcl_mm.apis import tool_parser
from cpcl_mm.synthetic import SyntheticSettings
from cpcl_mm.synthetic.ceiling import ceiling
from cpcl_mm.synthetic.generation import read_manifest
from cpcl_mm.synthetic.settings import SPLITS

DESCRIPTION = """
Scores a reader with perfect eyes, who knows what every image shows, and how captions leave out
things, name wrong colors and share words. The reader ranks images by the likelihood of a caption
given what they show, each alone, or by that of all images of their person.
"""

EXAMPLES = """
examples:
  python tools/synthetic_ceiling.py
  python tools/synthetic_ceiling.py data/Easy --split val
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Print the scores.

    Args:
        argv: Command line without the program's name; None for that of the process.

    Returns:
        0, or 1 when the folder holds no SyntheticPedes.
    """
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    parser.add_argument(
        'root',
        nargs='?',
        type=Path,
        default=Path('data/SyntheticPedes'),
        help='folder of the data set (default: %(default)s)',
    )
    parser.add_argument('--split', choices=SPLITS, default='test', help='(default: %(default)s)')
    args = parser.parse_args(argv)
    if not args.root.is_dir():
        parser.error(f'there is no folder {args.root}: tools/make_synthetic_pedes.py makes it')
    try:
        rows = ceiling(SyntheticSettings(**read_manifest(args.root)['settings']), args.split)
    except FileExistsError as error:
        print(f'synthetic_ceiling.py: {error}', file=sys.stderr)
        return 1
    for name, scores in rows.items():
        print(f'{name:28}', *(f'{key} {value:.1f}' for key, value in scores.as_dict().items()))
    return 0


if __name__ == '__main__':
    sys.exit(main())
