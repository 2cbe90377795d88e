"""Writes a ladder as a Markdown table and as a plot."""

from collections.abc import Sequence
from pathlib import Path

from .plot import draw_ladder
from .results import collect, unfinished
from .summary import RUNGS, ConfigSummary, Spread, summarize

ABSENT = '–'
MODALITIES = ('image', 'text')
LABELS = ('clusters', 'outliers', 'purity', 'mined')


def write_report(out: Path, baseline: str = 'itc') -> tuple[Path, Path]:
    """Write ``ladder.md`` and ``ladder.png`` from the runs that are complete.

    Args:
        out (Path): Folder of the ladder.
        baseline (str): Config that the others are compared with. Defaults to ``'itc'``.

    Returns:
        tuple[Path, Path]: The table and the plot.

    Raises:
        FileNotFoundError: If no run is complete.
    """
    summaries = summarize(collect(out), baseline)
    if not summaries:
        raise FileNotFoundError(
            f'{out} has no complete run (<config>/data<d>_seed<s> with final test scores): train '
            'the ladder first, or name its folder'
        )
    table, plot = out / 'ladder.md', out / 'ladder.png'
    table.write_text(markdown(summaries, baseline, unfinished(out)), encoding='utf-8')
    draw_ladder(summaries, baseline).savefig(plot)
    return table, plot


def markdown(
    summaries: Sequence[ConfigSummary], baseline: str = 'itc', missing: Sequence[str] = ()
) -> str:
    """Write the tables of scores and of pseudo labels.

    Args:
        summaries (Sequence[ConfigSummary]): One a config, in the order of the rows.
        baseline (str): Name of the baseline.
        missing (Sequence[str]): Runs that are not complete, which the text names.

    Returns:
        str: Markdown.
    """
    name = RUNGS.get(baseline, baseline)
    parts = [
        f'Test split, checkpoint chosen on val; mean ± standard deviation over runs. Δ: paired '
        f'difference to {name} by draw of the data and seed, mean ± standard error.',
        _table(
            ['config', 'runs', 'R@1', 'R@10', 'mAP', 'Δ R@1', 'Δ mAP', 'minutes a run'],
            [_score_row(summary) for summary in summaries],
        ),
    ]
    clustered = [summary for summary in summaries if summary.labels]
    if clustered:
        parts += [
            'Pseudo labels of the last epoch, mean over runs; outliers before → after the '
            'refinement, mined: labels that outlier mining gave and how many of them are right.',
            _table(
                ['config', *(f'{modality} {what}' for modality in MODALITIES for what in LABELS)],
                [_label_row(summary) for summary in clustered],
            ),
        ]
    if missing:
        parts.append(f'Not complete, so not in the tables: {", ".join(missing)}.')
    return '\n\n'.join(parts) + '\n'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ['---', *['--:'] * (len(head) - 1)]
    return '\n'.join(f'| {" | ".join(row)} |' for row in (head, rule, *rows))


def _score_row(summary: ConfigSummary) -> list[str]:
    return [
        summary.title,
        str(len(summary.runs)),
        *(_score(summary.scores[f't2i/{name}']) for name in ('R@1', 'R@10', 'mAP')),
        *(_difference(summary.differences.get(f't2i/{name}')) for name in ('R@1', 'mAP')),
        f'{summary.minutes:.1f}',
    ]


def _score(value: Spread) -> str:
    return f'{value.mean:.1f}' + ('' if value.deviation is None else f' ± {value.deviation:.1f}')


def _difference(value: Spread | None) -> str:
    if value is None:
        return ABSENT
    text = f'{value.mean:+.2f}'.replace('-', '−')
    return text + ('' if value.error is None else f' ± {value.error:.2f}')


def _label_row(summary: ConfigSummary) -> list[str]:
    return [
        summary.title,
        *(cell for modality in MODALITIES for cell in _label_cells(summary, modality)),
    ]


def _label_cells(summary: ConfigSummary, modality: str) -> list[str]:
    def number(key: str, form: str = '.0f') -> str:
        value = summary.labels.get(f'{modality}/{key}')
        return ABSENT if value is None else f'{value:{form}}'

    mined = number('mined')
    if mined not in (ABSENT, '0'):
        mined += f', {number("mined_right_share", ".0%")} right'
    return [
        number('clusters'),
        f'{number("outliers_before")} → {number("outliers")}',
        number('purity', '.2f'),
        mined,
    ]
