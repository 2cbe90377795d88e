"""A picture of a ladder: every run a point, every config a row."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cpcl_mm.visualization.canvas import INK, MUTED, RULE

from .results import SCORE, RunResult
from .summary import RUNGS, ConfigSummary, Spread, paired_differences

COLORS = ('#0969da', '#bc4c00', '#1a7f37', '#8250df', '#bf3989', '#9a6700')
"""One for each draw of the data, over again if there are more."""

ABOVE, BELOW = 0.12, 0.3
"""Where a row has its mean, and down to where its points lie, in rows from its center."""

PANELS = ((SCORE, False), (SCORE, True), ('t2i/R@1', True))
"""Score and whether a panel shows its difference to the baseline."""

Points = dict[tuple[int, int], float]


def draw_ladder(summaries: Sequence[ConfigSummary], baseline: str = 'itc') -> Figure:
    """Draw scores, and paired differences to the baseline, as points a run and their mean.

    The panels: mAP; its paired difference to the baseline; that of R@1. Bars are one standard
    error to either side of the mean. Points of one draw of the data share a color.

    Args:
        summaries (Sequence[ConfigSummary]): One a config, from top to bottom.
        baseline (str): Name of the baseline.

    Returns:
        Figure: 1,400 pixels wide; ``figure.savefig('ladder.png')`` writes it.

    Raises:
        ValueError: If there is nothing to draw.
    """
    if not summaries:
        raise ValueError('Nothing to draw: no config has a complete run.')
    height = 2.0 + 0.6 * len(summaries)
    figure = Figure(figsize=(14, height), dpi=100)
    figure.subplots_adjust(0.2, 0.65 / height, 0.985, 1 - 0.95 / height, wspace=0.07)
    panels = figure.subplots(1, len(PANELS), sharey=True)
    colors = _colors(summaries)
    for axes, (metric, is_difference) in zip(panels, PANELS, strict=True):
        _dress(axes, metric, RUNGS.get(baseline, baseline) if is_difference else None)
        for row, summary in enumerate(summaries):
            if is_difference:
                reference = _runs_of(summaries, baseline) if summary.config != baseline else []
                points = paired_differences(summary.runs, reference, metric)
                _draw_row(axes, row, points, summary.differences.get(metric), colors, '+.1f')
            else:
                points = {(run.data_seed, run.seed): run.scores[metric] for run in summary.runs}
                _draw_row(axes, row, points, summary.scores[metric], colors)
    panels[0].set_yticks(range(len(summaries)), [summary.title for summary in summaries])
    panels[0].set_ylim(len(summaries) - 0.5, -0.5)
    panels[0].tick_params(axis='y', colors=INK, labelsize=11)
    _add_legend(figure, colors)
    return figure


def _runs_of(summaries: Sequence[ConfigSummary], config: str) -> list[RunResult]:
    return [run for summary in summaries if summary.config == config for run in summary.runs]


def _colors(summaries: Sequence[ConfigSummary]) -> dict[int, str]:
    """Color of each draw of the data."""
    draws = sorted({run.data_seed for summary in summaries for run in summary.runs})
    return {draw: COLORS[number % len(COLORS)] for number, draw in enumerate(draws)}


def _draw_row(
    axes: Axes,
    row: int,
    points: Points,
    value: Spread | None,
    colors: dict[int, str],
    form: str = '.1f',
) -> None:
    """Draw the runs below each other, in the same order in every row, and their mean above."""
    if value is None:
        return
    for place, (key, number) in enumerate(sorted(points.items())):
        depth = (place + 0.5) / len(points) * BELOW
        axes.plot(number, row + depth, 'o', color=colors[key[0]], markersize=5, alpha=0.75, mew=0)
    mean = (value.mean, row - ABOVE)
    axes.errorbar(*mean, xerr=value.error, fmt='D', color=INK, markersize=6, capsize=4, lw=1.6)
    axes.annotate(
        f'{value.mean:{form}}'.replace('-', '−'),
        mean,
        xytext=(0, 8),
        textcoords='offset points',
        ha='center',
        color=INK,
        fontsize=9.5,
        bbox=dict(boxstyle='square,pad=0.1', facecolor='white', edgecolor='none'),
    )


def _dress(axes: Axes, metric: str, baseline: str | None) -> None:
    """Give a panel its heading and scales; that of differences also its zero."""
    name = metric.split('/')[1]
    title = f'{name} on test' if baseline is None else f'{name}, paired difference to {baseline}'
    axes.set_title(title, loc='left', fontsize=12, fontweight='bold', color=INK, pad=8)
    if baseline is not None:
        axes.axvline(0, color=MUTED, linestyle='--', linewidth=1.3)
    axes.set_xlabel('%' if baseline is None else 'percentage points', color=MUTED)
    axes.margins(x=0.12)
    axes.grid(axis='x', color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[['top', 'right', 'left']].set_visible(False)
    axes.spines['bottom'].set_color(RULE)
    axes.tick_params(colors=MUTED, length=0)


def _add_legend(figure: Figure, colors: dict[int, str]) -> None:
    marks = [
        Line2D([], [], marker='o', linestyle='', color=color, label=f'a run, draw {draw}')
        for draw, color in colors.items()
    ]
    mean = Line2D([], [], marker='D', linestyle='-', color=INK, label='mean ± standard error')
    figure.legend(
        handles=[mean, *marks], loc='upper left', ncols=len(marks) + 1, frameon=False, fontsize=10.5
    )
