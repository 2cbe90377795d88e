"""Train configs over seeds and draws of the data, and compare them: table, numbers and plot."""

import argparse
import signal
import sys
from pathlib import Path

from mmengine.config import DictAction
from plan import plan_runs, write_configs
from report import write_report
from training import train_all

import cpcl_mm  # noqa: F401  (registers what configs name)
from cpcl_mm.apis import tool_parser

EXAMPLES = """
A run has its work directory, OUT/<config>/data<d>_seed<s>, and its settings beside it. A row of the
tables is a config, in the order of the names; the config's `title` is what they call it. So is any
folder of that form that holds the scores of a test alone, test_scores.json. The statistics need
pandas: pip install -e ".[ablation]"

examples:
  the ablation of the built-in data set, 5 seeds on each of 2 draws of the data, two runs at a time,
  the epochs before the first clustering trained once for all configs of a draw and seed:
    python tools/ablation/run.py configs/ablation/*.py --seeds 0 1 2 3 4 --data-seeds 0 1 \\
        --jobs 2 --warm-up configs/ablation/01_itc.py
  the same command again goes on after an interruption, and skips what is complete

  two configs only, seeds 3 and 7, shorter:
    python tools/ablation/run.py configs/ablation/0{1_itc,6_oplm}.py --seeds 3 7 \\
        --out work_dirs/short --cfg-options train_cfg.max_epochs=12

  tables and plot of what is complete by now, compared with another row:
    python tools/ablation/run.py --report-only --reference 02_itc_equal_time
"""


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(__doc__, EXAMPLES)
    add = parser.add_argument
    add('configs', nargs='*', type=Path, help='config files')
    add('--out', type=Path, default=Path('work_dirs/ablation'), help='(default: %(default)s)')
    add('--seeds', nargs='+', type=_natural, default=[0], help='of the trainings (default: 0)')
    add(
        '--data-seeds',
        nargs='+',
        type=_natural,
        default=[0],
        help='draws of the built-in data set; 0 is the data set of the config (default: 0)',
    )
    add(
        '--warm-up',
        type=Path,
        metavar='CONFIG',
        help='train the epochs before the first clustering once for each draw and seed, with this '
        'config, and let every config go on from there',
    )
    add('--jobs', type=_natural, default=1, help='runs at a time, a thread each (default: 1)')
    add('--reference', metavar='NAME', help='config that differences are taken to (the first)')
    add('--report-only', action='store_true', help='train nothing')
    add(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='replace settings in every config, also in that of the warm-up',
    )
    args = parser.parse_args()
    if args.jobs < 1 or not (args.configs or args.report_only):
        parser.error('name configs to train, with --jobs of at least 1, or say --report-only')
    return args


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f'{text!r} is no whole number from 0')
    return int(text)


def train(args: argparse.Namespace) -> dict[str, str]:
    """Train what the command line names; return why runs failed, by their labels."""
    runs = plan_runs(
        *(args.configs, args.out, args.seeds, args.data_seeds, args.warm_up, args.cfg_options)
    )
    shared = {run.warm_up for run in runs}
    alone = {run.name for run in runs if not run.warm_up and run not in shared}
    if args.warm_up and alone:
        print(f'Trained from the start, for they differ from the warm-up: {", ".join(alone)}.')
    write_configs(runs)
    return train_all(runs, Path(__file__).parents[1] / 'train.py', args.jobs)


def main() -> int:
    """Train and report; the exit code is 1 if a run failed."""
    args = parse_args()
    # So that trainings end with this process however it is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    failed = {} if args.report_only else train(args)
    try:
        files = write_report(args.out, args.reference)
        print(f'\n{files[0].read_text(encoding="utf-8")}\n{", ".join(map(str, files))}')
    except FileNotFoundError as error:
        print(error)
        return 1
    for label, reason in failed.items():
        print(f'FAILED {label}: {reason}')
    return 1 if failed else 0


if __name__ == '__main__':
    if exit_code := main():
        sys.exit(exit_code)
