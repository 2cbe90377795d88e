"""Draws caps, beanies and hats."""

from .canvas import Point, box, ellipse, path, polygon, smooth, symmetric
from .figure import Figure
from .palette import WHITE, Color, mixed, scaled

CAP_DOME: list[Point] = [(0.0, -0.028), (0.03, -0.022), (0.06, 0.01), (0.07, 0.052)]
FRONT_VISOR: list[Point] = [
    (-0.066, 0.05), (0, 0.036), (0.066, 0.05), (0.052, 0.07), (0, 0.076), (-0.052, 0.07),
]  # fmt: skip
SIDE_VISOR: list[Point] = [(0.05, 0.034), (0.12, 0.052), (0.122, 0.06), (0.04, 0.06)]
BEANIE_DOME: list[Point] = [(0.025, -0.042), (0.06, -0.008), (0.07, 0.05)]
BEANIE_FOLD: list[Point] = [(-0.073, 0.03), (0.073, 0.03), (0.075, 0.066), (-0.075, 0.066)]


def draw_headwear(figure: Figure) -> None:
    """Draw the headwear, if there is any; drawn last."""
    item = figure.identity.headwear
    if item is not None:
        draw = {'cap': _cap, 'beanie': _beanie, 'hat': _hat}[item.kind]
        draw(figure, figure.cloth(item.color))


def _cap(figure: Figure, color: Color) -> None:
    figure.paint(polygon(symmetric(CAP_DOME)), color)
    figure.line([(0, -0.026)], 0.016, scaled(color, 0.75))
    if figure.view == 'front':
        figure.paint(polygon(smooth(FRONT_VISOR)), scaled(color, 0.8))
    elif figure.view == 'side':
        figure.paint(polygon(SIDE_VISOR), scaled(color, 0.8))
    else:  # the gap above the strap
        figure.paint(polygon(ellipse(0, 0.052, 0.024, 0.018)), figure.hair, outline=0.004)


def _beanie(figure: Figure, color: Color) -> None:
    figure.paint(polygon(smooth(symmetric(BEANIE_DOME))), color)
    figure.paint(polygon(smooth(BEANIE_FOLD, 4)), scaled(color, 0.84))
    figure.paint(path([(0, -0.05), (0, -0.05)], 0.036), mixed(color, WHITE, 0.5))


def _hat(figure: Figure, color: Color) -> None:
    figure.paint(polygon(symmetric([(0.045, -0.04), (0.056, 0.05)])), color)
    band = box(-0.056, 0.022, 0.056, 0.042)
    figure.paint(polygon(band), scaled(color, 0.55), outline=0.0)
    figure.paint(polygon(ellipse(0, 0.052, 0.11, 0.018)), color)
