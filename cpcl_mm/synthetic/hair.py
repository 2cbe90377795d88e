"""Draws hair: short, curly, long, in a ponytail or a bun, or none."""

from .canvas import Point, ellipse, polygon, smooth, symmetric
from .figure import Figure
from .palette import scaled

FRINGE: list[Point] = [
    (-0.063, 0.088), (-0.067, 0.04), (-0.04, 0.0), (0.0, -0.01), (0.04, 0.0), (0.067, 0.04),
    (0.063, 0.088), (0.052, 0.058), (0.02, 0.046), (-0.028, 0.05), (-0.052, 0.062),
]  # fmt: skip
LOCK: list[Point] = [
    (0.046, 0.03), (0.066, 0.06), (0.074, 0.15), (0.072, 0.25), (0.05, 0.262), (0.05, 0.17),
    (0.053, 0.09),
]  # fmt: skip
FALLING: list[Point] = [(0.05, 0.03), (0.074, 0.1), (0.078, 0.19), (0.07, 0.255)]

SIDE_TAIL: list[Point] = [
    (-0.05, 0.05), (-0.085, 0.045), (-0.105, 0.1), (-0.1, 0.2), (-0.08, 0.23), (-0.075, 0.13),
    (-0.06, 0.085),
]  # fmt: skip
BACK_TAIL: list[Point] = [(0.016, 0.05), (0.026, 0.12), (0.024, 0.2), (0.008, 0.265)]
RIBBON = (196, 60, 84)

CURLS: dict[str, list[Point]] = {
    'front': symmetric(
        [(0.062, 0.075), (0.062, 0.04), (0.042, 0.01), (0.015, -0.006), (0.02, 0.03)]
    ),
    'side': [
        (0.045, 0.025), (0.02, 0.0), (-0.01, -0.005), (-0.04, 0.012), (-0.06, 0.045),
        (-0.06, 0.085), (-0.045, 0.115), (-0.03, 0.05), (0.005, 0.03), (-0.03, 0.085),
    ],
    'back': [
        *symmetric([(0.03, 0.005), (0.05, 0.04), (0.055, 0.085), (0.03, 0.115)]),
        (0, 0), (0, 0.05), (0, 0.1),
    ],
}  # fmt: skip
CURL_RADIUS = {'front': 0.026, 'side': 0.027, 'back': 0.03}
BUN = {'front': (0.0, -0.016), 'side': (-0.064, 0.018), 'back': (0.0, 0.05)}


def draw_hair_behind(figure: Figure) -> None:
    """Long hair behind neck and shoulders, seen from the front; drawn before the torso."""
    if figure.identity.hair.kind == 'long' and figure.view == 'front':
        figure.paint(polygon(smooth(symmetric(FALLING))), scaled(figure.hair, 0.85))


def draw_hair(figure: Figure) -> None:
    """Draw the hair on the head."""
    style, view = figure.identity.hair.kind, figure.view
    if style == 'bald':
        return
    if style == 'bun' and view != 'back':
        _bun(figure)
    figure.paint(polygon(*_outlines(style, view)), figure.hair)
    if style == 'bun' and view == 'back':
        _bun(figure)
    if style == 'ponytail' and view == 'back':
        figure.paint(polygon(smooth(symmetric(BACK_TAIL))), scaled(figure.hair, 0.88))
        figure.line([(-0.014, 0.06), (0.014, 0.06)], 0.014, RIBBON)


def _outlines(style: str, view: str) -> list[list[Point]]:
    if style == 'curly':
        radius = CURL_RADIUS[view]
        return [ellipse(x, y, radius, radius, 16) for x, y in CURLS[view]]
    if view == 'front':
        locks = [[(side * x, y) for x, y in LOCK] for side in (-1, 1) if style == 'long']
        return [smooth(FRINGE), *map(smooth, locks)]
    if view == 'back':
        return [smooth(symmetric(_back_half(style == 'long')))]
    tails = [SIDE_TAIL] if style == 'ponytail' else []
    return [smooth(_side_crown(style)), *map(smooth, tails)]


def _back_half(long: bool) -> list[Point]:
    """Right half of the outline seen from behind."""
    wide, low = (0.078, 0.27) if long else (0.052, 0.145)
    return [(0.03, -0.006), (0.062, 0.035), (0.066, 0.08), (wide, low - 0.03), (0.7 * wide, low)]


def _side_crown(style: str) -> list[Point]:
    """Outline seen from the side, the face to the right."""
    nape = {'long': 0.25, 'short': 0.125}.get(style, 0.13)
    back = -0.078 if style == 'long' else -0.058
    top = [(0.052, 0.05), (0.04, 0.012), (0.0, -0.008), (-0.045, 0.012), (-0.066, 0.06)]
    rear = [(back, nape - 0.02), (back + 0.03, nape)]
    return [*top, *rear, (-0.022, 0.11), (-0.008, 0.07), (0.02, 0.048)]


def _bun(figure: Figure) -> None:
    x, y = BUN[figure.view]
    figure.paint(polygon(ellipse(x, y, 0.034, 0.03)), scaled(figure.hair, 0.86))
