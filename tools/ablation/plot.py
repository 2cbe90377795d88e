"""A picture of an ablation: every run a point, every config a row."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cpcl_mm.visualization.canvas import INK, MUTED, RULE

COLORS = ('#0969da', '#bc4c00', '#1a7f37', '#8250df', '#bf3989', '#9a6700')
"""One for each draw of the data, over again if there are more."""

PANELS = (('t2i/mAP', False), ('t2i/mAP', True), ('t2i/R@1', True))
"""Score and whether a panel shows its difference to the reference."""


def draw(runs: pd.DataFrame, summary: pd.DataFrame, reference: str) -> Figure:
    """Draw scores, and paired differences to the reference, as points a run and their mean.

    The panels: mAP; its paired difference to the reference; that of R@1. Bars are one standard
    error to either side of the mean. Points of one draw of the data share a color.
    """
    height = 2.0 + 0.6 * len(summary)
    figure = Figure(figsize=(14, height), dpi=100)
    figure.subplots_adjust(0.2, 0.65 / height, 0.985, 1 - 0.95 / height, wspace=0.07)
    panels = figure.subplots(1, len(PANELS), sharey=True)
    for axes, (metric, is_difference) in zip(panels, PANELS, strict=True):
        _dress(axes, metric, summary['title'][reference] if is_difference else None)
        scores = runs.pivot(index=['data_seed', 'seed'], columns='config', values=metric)
        if is_difference:
            scores = scores.sub(scores[reference], axis=0).drop(columns=reference)
        for config, points in scores.items():
            _draw_row(axes, summary.index.get_loc(config), points.dropna(), is_difference)
    panels[0].set_yticks(range(len(summary)), summary['title'])
    panels[0].set_ylim(len(summary) - 0.5, -0.5)
    panels[0].tick_params(axis='y', colors=INK, labelsize=11)
    for draw in sorted(set(runs['data_seed'])):
        panels[0].plot([], [], 'o', color=_color(draw), label=f'a run, draw {draw}')
    panels[0].errorbar([], [], xerr=[], fmt='D', color=INK, label='mean ± standard error')
    figure.legend(loc='upper left', ncols=9, frameon=False, fontsize=10.5)
    return figure


def _draw_row(axes: Axes, row: int, points: pd.Series, is_difference: bool) -> None:
    """Draw the runs below each other, in the same order in every row, and their mean above."""
    for place, ((draw, _), value) in enumerate(points.items()):
        depth = 0.3 * (place + 0.5) / len(points)
        axes.plot(value, row + depth, 'o', color=_color(draw), markersize=5, alpha=0.75, mew=0)
    if points.empty:
        return
    mean = (points.mean(), row - 0.12)
    axes.errorbar(*mean, xerr=points.sem(), fmt='D', color=INK, markersize=6, capsize=4, lw=1.6)
    axes.annotate(
        f'{mean[0]:{"+.1f" if is_difference else ".1f"}}'.replace('-', '−'),
        mean,
        xytext=(0, 8),
        textcoords='offset points',
        ha='center',
        color=INK,
        fontsize=9.5,
        bbox=dict(boxstyle='square,pad=0.1', facecolor='white', edgecolor='none'),
    )


def _dress(axes: Axes, metric: str, reference: str | None) -> None:
    """Give a panel its heading and scales; that of differences also its zero."""
    name = metric.split('/')[1]
    title = f'{name} on test' if reference is None else f'Δ {name} to {reference}'
    axes.set_title(title, loc='left', fontsize=12, fontweight='bold', color=INK, pad=8)
    if reference is not None:
        axes.axvline(0, color=MUTED, linestyle='--', linewidth=1.3)
    axes.set_xlabel('%' if reference is None else 'percentage points', color=MUTED)
    axes.margins(x=0.12)
    axes.grid(axis='x', color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[['top', 'right', 'left']].set_visible(False)
    axes.spines['bottom'].set_color(RULE)
    axes.tick_params(colors=MUTED, length=0)


def _color(draw: int) -> str:
    return COLORS[draw % len(COLORS)]
