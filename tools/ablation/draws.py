"""Compare a method with a baseline on easier and harder draws of the built-in data set.

Each draw changes one thing. All have about 3,200 training images, so that runs cost the same, but
for the draw with one caption an image, which has half of the pairs.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from plan import plan_runs, write_configs
from report import read_runs, summarize
from training import train_all

import cpcl_mm  # noqa: F401  (registers what configs name)
from cpcl_mm.apis import tool_parser
from cpcl_mm.apis.run_config import LOADERS
from cpcl_mm.engine.hooks.final_test_hook import SCORES_FILE
from cpcl_mm.visualization.canvas import INK, MUTED, RULE

ROOT = Path(__file__).parents[2]
DRAWS: dict[str, tuple[str, dict[str, float]]] = {
    'standard': ('standard', {}),
    'distinct': ('no near-duplicates', {'near_duplicates': 0.0}),
    'alike': ('near-duplicates 80 %', {'near_duplicates': 0.8}),
    'complete': ('captions omit nothing', {'omission': 0.0}),
    'brief': ('captions omit 60 %', {'omission': 0.6}),
    'two_images': ('2 images a person', {'images_per_identity': 2, 'train_identities': 1600}),
    'eight_images': ('8 images a person', {'images_per_identity': 8, 'train_identities': 400}),
    'one_caption': ('1 caption an image', {'captions_per_image': 1}),
}
"""Title of each draw, and the settings in which it differs from the built-in data set."""

DIFFERENCE = ('difference', 'error')
PANELS = {'t2i/R@1': '#0969da', 't2i/mAP': '#bc4c00'}
EXAMPLES = """
examples:
  all draws, three seeds, two runs at a time; the same command again goes on after an interruption:
    python tools/ablation/draws.py --seeds 0 1 2 --jobs 2

  two draws, another method:
    python tools/ablation/draws.py configs/ablation/02_itc_equal_time.py \\
        configs/ablation/15_icpg.py --draws standard eight_images --out work_dirs/draws_icpg
"""


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(__doc__, EXAMPLES)
    add = parser.add_argument
    rows = ROOT / 'configs' / 'ablation'
    pair = [rows / '02_itc_equal_time.py', rows / '06_oplm.py']
    add('configs', nargs='*', type=Path, default=pair, help='baseline and method (ITC and CPCL)')
    add('--draws', nargs='+', choices=DRAWS, default=list(DRAWS), metavar='NAME',
        help=f'any of {", ".join(DRAWS)} (default: all)')  # fmt: skip
    add('--seeds', nargs='+', type=int, default=[0], help='of the trainings (default: 0)')
    add('--jobs', type=int, default=1, help='runs at a time, a thread each (default: 1)')
    add('--out', type=Path, default=Path('work_dirs/draws'), help='(default: %(default)s)')
    args = parser.parse_args()
    if len(args.configs) != 2:
        parser.error('name two configs, the baseline first')
    return args


def settings_of(draw: str) -> dict[str, Any]:
    """Give the settings of a config that make it read a draw, kept in a folder of its own."""
    options: dict[str, Any] = {}
    for loader in LOADERS if draw != 'standard' else ():
        options[f'{loader}.dataset.data_root'] = f'data/SyntheticPedes_{draw}'
        options |= {f'{loader}.dataset.settings.{k}': v for k, v in DRAWS[draw][1].items()}
    return options


def compare(out: Path, names: list[str]) -> pd.DataFrame:
    """Give a row a draw: scores of both, and the paired differences with standard errors."""
    rows = {}
    for draw in DRAWS:
        if all(any((out / draw / name).glob(f'*/{SCORES_FILE}')) for name in names):
            summary = summarize(read_runs(out / draw), names[0])
            baseline, method = (summary.loc[name] for name in names)
            row = {'draw': DRAWS[draw][0], 'runs': method['t2i/mAP/pairs']}
            for metric in PANELS:
                row[f'{metric}/baseline'] = baseline[f'{metric}/mean']
                row[f'{metric}/method'] = method[f'{metric}/mean']
                row |= {f'{metric}/{key}': method[f'{metric}/{key}'] for key in DIFFERENCE}
            rows[draw] = row
    return pd.DataFrame.from_dict(rows, orient='index')


def to_markdown(table: pd.DataFrame, titles: list[str]) -> str:
    """Write the comparison as a table."""
    cells = {'draw': table['draw'], 'runs': table['runs'].map('{:.0f}'.format)}
    for metric in PANELS:
        for title, key in zip(titles, ('baseline', 'method'), strict=True):
            cells[f'{metric[4:]}, {title}'] = table[f'{metric}/{key}'].map('{:.1f}'.format)
        error = table[f'{metric}/error'].map(' ± {:.2f}'.format)
        cells[f'Δ {metric[4:]}'] = table[f'{metric}/difference'].map('{:+.2f}'.format) + error
    lines = [cells.keys(), ['---'] * len(cells), *zip(*cells.values(), strict=True)]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines) + '\n'


def draw_figure(table: pd.DataFrame, titles: list[str]) -> Figure:
    """Draw the paired differences of every draw, with a bar of one standard error."""
    figure = Figure(figsize=(8, 1.1 + 0.45 * len(table)), dpi=110, layout='constrained')
    axes = figure.subplots()
    for shift, (metric, color) in zip((-0.12, 0.12), PANELS.items(), strict=True):
        axes.errorbar(
            table[f'{metric}/difference'],
            [row + shift for row in range(len(table))],
            xerr=table[f'{metric}/error'],
            fmt='o',
            color=color,
            capsize=3,
            label=f'Δ {metric[4:]}',
        )
    axes.axvline(0, color=MUTED, linestyle='--', linewidth=1.2)
    axes.set_yticks(range(len(table)), table['draw'], color=INK)
    axes.invert_yaxis()
    axes.set_title(f'{titles[1]} against {titles[0]}', loc='left', fontsize=11, color=INK)
    axes.set_xlabel('paired difference in percentage points, ± standard error', color=MUTED)
    axes.grid(axis='x', color=RULE, linewidth=0.8)
    axes.spines[['top', 'right', 'left']].set_visible(False)
    axes.legend(frameon=False, loc='best')
    return figure


def main() -> int:
    """Train, compare and draw; the exit code is 1 if a run failed."""
    args = parse_args()
    runs = [
        run
        for draw in args.draws
        for run in plan_runs(
            args.configs, args.out / draw, args.seeds, cfg_options=settings_of(draw)
        )
    ]
    write_configs(runs)
    failed = train_all(runs, ROOT / 'tools' / 'train.py', args.jobs)
    for label, reason in failed.items():
        print(f'FAILED {label}: {reason}')
    titles = [run.cfg.get('title', run.name) for run in runs[:2]]
    table = compare(args.out, [path.stem for path in args.configs])
    if not table.empty:
        (args.out / 'draws.md').write_text(to_markdown(table, titles), encoding='utf-8')
        draw_figure(table, titles).savefig(args.out / 'draws.png')
        print(to_markdown(table, titles))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
