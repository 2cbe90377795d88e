"""A picture of pseudo labels over the epochs: numbers of clusters and outliers, and quality."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cpcl_mm.pseudo_labels import LabelReport

from .canvas import INK, MUTED, RULE

MODALITIES = {'image': ('#0969da', 'o'), 'text': ('#bc4c00', 's')}  # Color and marker.
MARKERS = 25  # Markers on a curve, at most: more would hide it.
HEADROOM = 1.35  # Height of a panel in largest values: the legend stands above the curves.


class _Panel(NamedTuple):
    """A heading; entry of the reports, name in the legend and line style of each curve."""

    title: str
    curves: tuple[tuple[str, str, str], ...]
    missing: str = 'not recorded'
    is_share: bool = False


CLUSTERS = _Panel('Clusters', (('clusters', '', '-'),))
PANELS = (
    CLUSTERS,
    _Panel(
        'Outliers before and after mining',
        (('outliers_before', ', before', ':'), ('outliers', ', after', '-')),
    ),
    _Panel(
        'Agreement of clusters with true identities',
        (('purity', ', purity', '-'), ('nmi', ', NMI', '--'), ('ari', ', ARI', ':')),
        'identities are not known',
        is_share=True,
    ),
    _Panel(
        'Share of mined labels that are right',
        (('mined_right_share', '', '-'),),
        'nothing was mined, or identities are not known',
        is_share=True,
    ),
)


def draw_label_curves(
    history: Sequence[LabelReport], num_identities: int | None = None, title: str = 'Pseudo labels'
) -> Figure:
    """Draw how pseudo labels change over the epochs, of images and captions in each panel.

    The panels: clusters; outliers before and after mining; purity, NMI and ARI; share of mined
    labels that are right. What a report lacks is left out; a panel without any value says so.

    Args:
        history (Sequence[LabelReport]): A report for each clustering, as
            :func:`~cpcl_mm.pseudo_labels.load_history` gives them.
        num_identities (int, optional): True number of identities, drawn as a dashed line.
        title (str): Heading of the picture.

    Returns:
        Figure: 1,200 x 800 pixels; ``figure.savefig('curves.png')`` writes it.

    Raises:
        ValueError: If the history is empty.
    """
    if not history:
        raise ValueError('Nothing to draw: the history has no entries.')
    figure = Figure(figsize=(12, 8), dpi=100)
    figure.subplots_adjust(0.06, 0.07, 0.98, 0.87, wspace=0.14, hspace=0.32)
    figure.text(0.022, 0.945, title, fontsize=18, fontweight='bold', color=INK)
    for axes, panel in zip(figure.subplots(2, 2).flat, PANELS, strict=True):
        _draw_curves(axes, history, panel)
        if panel is CLUSTERS and num_identities is not None:
            name = f'{num_identities:,} identities'
            axes.axhline(num_identities, color=MUTED, linestyle='--', linewidth=1.5, label=name)
        _dress(axes, panel, [report.epoch for report in history])
    return figure


def _draw_curves(axes: Axes, history: Sequence[LabelReport], panel: _Panel) -> None:
    """Draw each curve through the epochs that have a value."""
    reports = {report.epoch: report.scalars() for report in history}
    for modality, (color, marker) in MODALITIES.items():
        for entry, name, style in panel.curves:
            key = f'{modality}/{entry}'
            values = {epoch: known[key] for epoch, known in reports.items() if key in known}
            if values:
                axes.plot(
                    *zip(*values.items(), strict=True),
                    color=color,
                    linestyle=style,
                    marker=marker,
                    markersize=4.5,
                    markevery=-(-len(values) // MARKERS),
                    label=modality + name,
                )


def _dress(axes: Axes, panel: _Panel, epochs: Sequence[float]) -> None:
    """Give a panel its heading, scales and legend, or a word on why it is empty."""
    axes.set_title(panel.title, loc='left', fontsize=12.5, fontweight='bold', color=INK, pad=10)
    axes.spines[['top', 'right']].set_visible(False)
    axes.spines[['left', 'bottom']].set_color(RULE)
    axes.tick_params(colors=MUTED, length=0)
    if not axes.lines:
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, panel.missing, ha='center', color=MUTED, transform=axes.transAxes)
        return
    axes.set_xlabel('epoch', color=MUTED)
    axes.set_xlim(min(epochs) - 0.5, max(epochs) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    largest = 1 if panel.is_share else axes.dataLim.y1
    axes.set_ylim(0, HEADROOM * (largest or 1))
    if panel.is_share:
        axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    axes.legend(
        loc='upper left',
        ncols=2,
        fontsize=9.5,
        framealpha=1,
        edgecolor='none',
        borderaxespad=0,
        labelspacing=0.3,
    )
