"""Train a ladder of configs over seeds and draws of the data, and write its table and plot."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.config import DictAction

import cpcl_mm  # noqa: F401  (registers what configs name)
from cpcl_mm.apis import tool_parser
from cpcl_mm.apis.ladder import freeze, plan_ladder, train_all, write_report

EXAMPLES = """examples:
  the ladder of the built-in data set, 5 seeds on each of 2 draws of the data, two runs at a time,
  the epochs before the first clustering trained once for all configs of a draw and seed:
    python tools/run_ladder.py configs/synthetic_ladder --seeds 5 --data-seeds 2 --jobs 2 \\
        --warm-up configs/synthetic_ladder/itc.py
  the same command again goes on after an interruption, and skips what is complete

  two configs only, seeds 3 and 7, shorter:
    python tools/run_ladder.py configs/synthetic_ladder/{itc,oplm}.py --seeds 3,7 \\
        --out work_dirs/short_ladder --cfg-options train_cfg.max_epochs=12

  table and plot of what is complete by now:
    python tools/run_ladder.py --report-only --out work_dirs/synthetic_ladder
"""


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(
        f'{__doc__} A run has its work directory, OUT/<config>/data<d>_seed<s>, and '
        'its settings beside it; OUT/ladder.md and OUT/ladder.png compare the configs on the test '
        'split, paired by draw and seed.',
        EXAMPLES,
    )
    parser.add_argument(
        'configs',
        nargs='*',
        type=Path,
        default=[Path('configs/synthetic_ladder')],
        help='config files, or folders of them (default: configs/synthetic_ladder)',
    )
    parser.add_argument(
        '--out', type=Path, default=Path('work_dirs/synthetic_ladder'), help='folder of the ladder'
    )
    parser.add_argument(
        '--seeds',
        type=parse_seeds,
        default=[0],
        help='seeds of the trainings: how many, counted from 0, or a list such as 0,3,7 or 3,',
    )
    parser.add_argument(
        '--data-seeds',
        type=parse_seeds,
        default=[0],
        help='draws of the built-in data set, in the same way; each is made on first use',
    )
    parser.add_argument(
        '--warm-up',
        type=Path,
        metavar='CONFIG',
        help='train the epochs before the first clustering once for each draw and seed, with this '
        'config, and let every config go on from there',
    )
    parser.add_argument('--jobs', type=int, default=1, help='runs at a time, a thread each')
    parser.add_argument('--baseline', default='itc', help='config that differences are taken to')
    parser.add_argument(
        '--report-only', action='store_true', help='train nothing, write table and plot'
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='replace settings in every config, also in that of the warm-up',
    )
    return parser.parse_args(argv)


def parse_seeds(text: str) -> list[int]:
    """Read a number of seeds, counted from 0, or a list of seeds with commas.

    Raises:
        argparse.ArgumentTypeError: If the text is neither, or names no seed.
    """
    seeds: Sequence[int]
    try:
        seeds = [int(part) for part in text.split(',') if part] if ',' in text else range(int(text))
    except ValueError:
        seeds = []
    if not seeds or min(seeds) < 0:
        raise argparse.ArgumentTypeError(
            f'{text!r} names no seeds: give a number of them, at least 1, or a list such as 0,3,7'
        )
    return sorted(set(seeds))


def find_configs(paths: Sequence[Path]) -> list[Path]:
    """List config files, with those of folders in their place.

    Raises:
        FileNotFoundError: If a folder has none.
    """
    found = []
    for path in paths:
        files = sorted(path.glob('*.py')) if path.is_dir() else [path]
        if not files:
            raise FileNotFoundError(f'no config (*.py) in the folder {path}')
        found += files
    return found


def train(args: argparse.Namespace) -> dict[str, str]:
    """Train the ladder of a command line; return why runs failed, by their labels."""
    options: dict[str, Any] = args.cfg_options or {}
    configs = find_configs(args.configs)
    runs = plan_ladder(configs, args.out, args.seeds, args.data_seeds, args.warm_up, options)
    alone = {run.name for run in runs if not (run.warm_up or run.is_warm_up)}
    if args.warm_up and alone:
        print(f'Trained from the start, for they differ from the warm-up: {", ".join(alone)}.')
    freeze(runs)
    return train_all(runs, Path(__file__).with_name('train.py'), args.jobs)


def main(argv: Sequence[str] | None = None) -> int:
    """Train and report; the exit code is 1 if a run failed."""
    args = parse_args(argv)
    # So that trainings end with this process however it is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    failed = {} if args.report_only else train(args)
    try:
        table, plot = write_report(args.out, args.baseline)
        print(f'\n{table.read_text(encoding="utf-8")}\n{table} and {plot}')
    except FileNotFoundError as error:
        print(error)
        return 1
    for label, reason in failed.items():
        print(f'FAILED {label}: {reason}')
    return 1 if failed else 0


if __name__ == '__main__':
    if exit_code := main():
        sys.exit(exit_code)
