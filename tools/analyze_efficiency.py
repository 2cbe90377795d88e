"""Parameters, operations, speed and memory of a config on this device."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import DictAction
from mmengine.device import get_device
from mmengine.logging import MMLogger

import cpcl_mm  # noqa: F401  (registers what configs name)
from cpcl_mm.apis import load_run_config, tool_parser
from cpcl_mm.apis.efficiency import analyze_efficiency, to_dict, to_text

NOTES = """
How it is measured: the model has random weights, and the items are made up: one JPEG of 384 x 128
pixels and one caption, sent through the config's own pipelines. So neither weights nor data are
needed; only where the size of the training set is neither published nor given by --train-size is
the data set read.

examples:
  python tools/analyze_efficiency.py configs/cpcl_cuhk.py
  python tools/analyze_efficiency.py configs/cpcl_synthetic.py --device cpu --json costs.json
  python tools/analyze_efficiency.py configs/cpcl_cuhk.py --batch-size 128 \\
      --train-size 100000 200000     # an own data set of 100,000 images with two captions each
"""


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(__doc__, NOTES)
    add = parser.add_argument
    add('config', help='config file of a training')
    add('--batch-size', type=_positive, help="(default: that of the config's training)")
    add('--device', default=get_device(), help='such as cpu or cuda:1 (default: %(default)s)')
    add('--steps', type=_positive, default=10, help='steps a rate is measured over (default: 10)')
    add(
        '--train-size',
        type=_positive,
        nargs=2,
        metavar=('IMAGES', 'CAPTIONS'),
        help="size of the training set (default: that of the config's data set)",
    )
    add('--json', type=Path, metavar='FILE', help='write the numbers to this file, too')
    add(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='replace settings of the config',
    )
    return parser.parse_args(argv)


def _positive(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f'{text!r} is no whole number from 1')
    return number


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    args = parse_args(argv)
    # mmengine writes a line for every parameter with settings of its own.
    MMLogger.get_current_instance().setLevel('WARNING')
    cfg = load_run_config(args.config, cfg_options=args.cfg_options)
    size = None if args.train_size is None else tuple(args.train_size)
    efficiency = analyze_efficiency(cfg, args.device, args.batch_size, args.steps, size)
    print(f'{args.config}: {to_text(efficiency)}')
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(to_dict(efficiency), indent=2) + '\n', encoding='utf-8')
    return 0


if __name__ == '__main__':
    if exit_code := main():
        sys.exit(exit_code)
