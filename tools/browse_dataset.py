"""Draw a contact sheet of a data set: images with their captions."""

import argparse
import math
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from mmengine.config import Config, DictAction

import cpcl_mm  # noqa: F401  (registers the data sets)
from cpcl_mm.apis import tool_parser
from cpcl_mm.apis.run_config import build_split
from cpcl_mm.visualization import Card, draw_contact_sheet
from cpcl_mm.visualization.cluster_contents import spread

EXAMPLES = """
examples:
  the first look at a data set, 24 images from all over its training split:
    python tools/browse_dataset.py configs/itc/clip_itc_synthetic.py --out sheet.png

  all images of a person beside each other, to see what an identity is:
    python tools/browse_dataset.py configs/itc/clip_itc_synthetic.py --split test --by-identity

  a data set of your own in the place of the config's:
    python tools/browse_dataset.py configs/itc/clip_itc_synthetic.py \\
        --cfg-options train_dataloader.dataset.data_root=data/mine
"""


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(
        'Draws images of a data set with their captions, titled by identity, as one '
        'PNG. The data set is the one that CONFIG trains, validates or tests on.',
        EXAMPLES,
    )
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--split',
        choices=('train', 'val', 'test'),
        default='train',
        help="whose data set to draw: CONFIG's {train,val,test}_dataloader (default: train)",
    )
    parser.add_argument('--num', type=int, default=24, help='images to draw, at most (default: 24)')
    parser.add_argument(
        '--by-identity',
        action='store_true',
        help='draw whole identities, the images of each beside each other',
    )
    parser.add_argument('--columns', type=int, default=3, help='images in a row (default: 3)')
    parser.add_argument(
        '--out', type=Path, default=Path('contact_sheet.png'), help='the PNG to write'
    )
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, help='settings to override, as KEY=VALUE'
    )
    return parser.parse_args(argv)


def choose_images(identities: Sequence[int], number: int, by_identity: bool) -> list[int]:
    """Choose images, evenly spread over the data set.

    Args:
        identities: Identity of each image; -1 where unknown.
        number: How many to choose at most.
        by_identity: Whether to choose whole identities and to put their images together.

    Returns:
        list[int]: Indices of images.
    """
    if not by_identity:
        return spread(range(len(identities)), number)
    known = [index for index, identity in enumerate(identities) if identity >= 0]
    known.sort(key=lambda index: identities[index])
    people = [list(group) for _, group in groupby(known, key=lambda index: identities[index])]
    if not people:
        raise ValueError('--by-identity needs identities, and this split has none.')
    per_person = len(known) / len(people)
    chosen = spread(people, math.ceil(number / per_person))
    return [index for person in chosen for index in person][:number]


def draw(args: argparse.Namespace) -> str:
    """Draw and write the sheet; returns what there is to tell."""
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options or {})
    images = build_split(cfg, args.split).images
    chosen = choose_images([image.identity for image in images], args.num, args.by_identity)
    cards = [_card(index, images[index]) for index in chosen]
    title = f'{cfg[f"{args.split}_dataloader"].dataset.type}, {args.split}'
    title += f': {len(cards)} of {len(images):,} images'
    args.out.parent.mkdir(parents=True, exist_ok=True)
    draw_contact_sheet(cards, title, args.columns).save(args.out)
    return f'{len(cards)} images are drawn in {args.out}'


def _card(index: int, image: Any) -> Card:
    """Title an image by what is known about it."""
    identity = f'identity {image.identity}  ·  ' if image.identity >= 0 else ''
    return Card(image.path, image.captions, f'{identity}image {index}')


def main(argv: Sequence[str] | None = None) -> int:
    """Draw."""
    args = parse_args(argv)
    try:
        print(draw(args))
    except (OSError, ValueError) as error:
        print(f'browse_dataset.py: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
