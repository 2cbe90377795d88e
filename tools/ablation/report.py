"""The statistics of an ablation, as Markdown and a plot."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from mmengine.config import Config
from plan import WARM_UP
from plot import draw

from cpcl_mm.engine.hooks.final_test_hook import SCORES_FILE
from cpcl_mm.engine.hooks.wall_time_hook import WALL_TIME_FILE
from cpcl_mm.pseudo_labels import load_history

METRICS = ('t2i/R@1', 't2i/R@10', 't2i/mAP')
PAIR = ['data_seed', 'seed']
# Of the last report on pseudo labels: column and format.
LABELS = {
    'clusters': '{:.0f}',
    'outliers_before': '{:.0f}',
    'outliers': '{:.0f}',
    'purity': '{:.2f}',
    'mined': '{:.0f}',
    'mined_right_share': '{:.0%}',
}


def write_report(out: Path, reference: str | None = None) -> list[Path]:
    """Write ``ablation.md`` and ``ablation.png`` from the complete runs, and return their paths.

    Differences are taken to a reference, the first config by default.

    Raises:
        FileNotFoundError: If no run is complete.
        ValueError: If there is no complete run of the reference, or a file cannot be read.
    """
    runs = read_runs(out)
    reference = reference or runs['config'][0]
    summary = summarize(runs, reference)
    table, plot = out / 'ablation.md', out / 'ablation.png'
    table.write_text(to_markdown(summary, reference, _unfinished(out)), encoding='utf-8')
    draw(runs, summary, reference).savefig(plot)
    return [table, plot]


def read_runs(out: Path) -> pd.DataFrame:
    """Read the complete runs of a folder.

    Returns:
        pd.DataFrame: A row a run, by config, draw and seed: ``config``, ``title``, ``data_seed``,
        ``seed``, ``minutes`` (with those of a shared warm-up), the scores on the test split in per
        cent, and the last entry in the history of the pseudo labels.

    Raises:
        FileNotFoundError: If no run is complete.
        ValueError: If a file does not hold scores.
    """
    rows = [_read_run(out, file.parent) for file in out.glob(f'*/data*_seed*/{SCORES_FILE}')]
    if not rows:
        raise FileNotFoundError(
            f'{out} has no complete run (<config>/data<d>_seed<s>/{SCORES_FILE})'
        )
    return pd.DataFrame(rows).sort_values(['config', *PAIR], ignore_index=True)


def summarize(runs: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Compute the statistics of each config.

    Returns:
        pd.DataFrame: A row a config: ``title``, ``runs``; of each metric ``<metric>/mean`` and
        ``/std`` (of the sample), and of its differences to the reference, paired by draw and seed,
        ``/difference`` (the mean), ``/error`` (its standard error) and ``/pairs``; the means of
        everything else.

    Raises:
        ValueError: If there is no run of the reference.
    """
    by_config = runs.groupby('config')
    if reference not in by_config.groups:
        raise ValueError(f'no complete run of {reference}: there are {", ".join(by_config.groups)}')
    columns = {'title': by_config['title'].first(), 'runs': by_config.size()}
    for metric in METRICS:
        scores = runs.pivot(index=PAIR, columns='config', values=metric)
        differences = scores.sub(scores[reference], axis=0).drop(columns=reference)
        columns |= {
            f'{metric}/mean': scores.mean(),
            f'{metric}/std': scores.std(),
            f'{metric}/difference': differences.mean(),
            f'{metric}/error': differences.sem(),
            f'{metric}/pairs': differences.count(),
        }
    others = runs.drop(columns=['title', *PAIR, *METRICS]).groupby('config').mean()
    return pd.DataFrame(columns).join(others)


def to_markdown(summary: pd.DataFrame, reference: str, unfinished: Sequence[str] = ()) -> str:
    """Write the tables of scores and of pseudo labels, and which runs are not in them."""
    scores = {'config': summary['title'], 'runs': summary['runs'].astype(str)}
    for metric in METRICS:
        scores[metric[4:]] = _cells(summary, f'{metric}/mean', '{:.1f}', f'{metric}/std')
    for metric in ('t2i/R@1', 't2i/mAP'):
        name = f'Δ {metric[4:]}'
        scores[name] = _cells(summary, f'{metric}/difference', '{:+.2f}', f'{metric}/error')
    scores['minutes a run'] = _cells(summary, 'minutes', '{:.1f}')
    parts = [
        'Test split, checkpoint chosen on val; mean ± standard deviation over runs. Δ: paired '
        f'difference to {summary["title"][reference]} by draw of the data and seed, mean ± '
        'standard error.',
        _table(scores),
    ]
    if 'image/clusters' in summary:
        clustered = summary[summary['image/clusters'].notna()]
        labels = {'config': clustered['title']} | {
            f'{modality} {key.replace("_", " ")}': _cells(clustered, f'{modality}/{key}', form)
            for modality in ('image', 'text')
            for key, form in LABELS.items()
        }
        parts += ['Pseudo labels of the last epoch, mean over runs.', _table(labels)]
    if unfinished:
        parts.append(f'Not complete, so not in the tables: {", ".join(unfinished)}.')
    return '\n\n'.join(parts) + '\n'


def _read_run(out: Path, work_dir: Path) -> dict[str, Any]:
    config, seeds = work_dir.parent.name, work_dir.name.removeprefix('data').split('_seed')
    file = work_dir.with_suffix('.py')
    cfg = Config.fromfile(file) if file.is_file() else Config()
    labels = work_dir / 'pseudo_labels'
    minutes = _minutes(work_dir) + (
        _minutes(out / WARM_UP / work_dir.name) if cfg.get('load_from') else 0
    )
    return {
        **dict(config=config, title=cfg.get('title', config)),
        **dict(zip(PAIR, map(int, seeds), strict=True), minutes=minutes),
        **_scores(work_dir / SCORES_FILE),
        **(load_history(labels)[-1].scalars() if labels.is_dir() else {}),
    }


def _scores(file: Path) -> dict[str, float]:
    try:
        scores = json.loads(file.read_text(encoding='utf-8'))
        return {name: scores[name] for name in METRICS} | {k: float(v) for k, v in scores.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f'{file} does not hold scores with {", ".join(METRICS)} ({error!r}): if it is broken, '
            'delete it, and the run is resumed'
        ) from error


def _minutes(work_dir: Path) -> float:
    file = work_dir / WALL_TIME_FILE
    return json.loads(file.read_text(encoding='utf-8'))['seconds'] / 60 if file.is_file() else 0.0


def _unfinished(out: Path) -> list[str]:
    planned = sorted(file.with_suffix('') for file in out.glob('*/data*_seed*.py'))
    missing = [run for run in planned if not (run / SCORES_FILE).is_file()]
    return [str(run.relative_to(out)) for run in missing if run.parent.name != WARM_UP]


def _cells(frame: pd.DataFrame, name: str, form: str, spread: str = '') -> pd.Series:
    """Write a column, and the column of its spread where there are runs enough for one."""
    values = frame.get(name, pd.Series(index=frame.index, dtype=float))
    cells = values.map(form.format).str.replace('-', '−')
    if spread:
        errors = frame[spread].map(form.replace('+', '').format)
        cells = cells.where(frame[spread].isna(), cells + ' ± ' + errors)
    return cells.where(values.notna(), '–')


def _table(columns: dict[str, pd.Series]) -> str:
    rows = [columns, ['---', *['--:'] * (len(columns) - 1)], *zip(*columns.values(), strict=True)]
    return '\n'.join(f'| {" | ".join(row)} |' for row in rows)
