"""Draws the head: neck, face, beard and glasses, hair, headwear."""

from .canvas import (
    WHITE,
    Color,
    Point,
    box,
    ellipse,
    mixed,
    path,
    polygon,
    scaled,
    smooth,
    symmetric,
)
from .figure import Figure

DARK: Color = (34, 32, 36)
LIPS: Color = (168, 74, 74)
LIPS_IN_BEARD: Color = (176, 84, 80)

SIDE_BEARD: list[Point] = [
    (-0.016, 0.095), (0.01, 0.112), (0.056, 0.112), (0.056, 0.145), (0.02, 0.172), (-0.012, 0.14),
]  # fmt: skip
HALF_BEARD: list[Point] = [(0.03, 0.109), (0.05, 0.088), (0.056, 0.1), (0.046, 0.145), (0.02, 0.17)]

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

CAP_DOME: list[Point] = [(0.0, -0.028), (0.03, -0.022), (0.06, 0.01), (0.07, 0.052)]
FRONT_VISOR: list[Point] = [
    (-0.066, 0.05), (0, 0.036), (0.066, 0.05), (0.052, 0.07), (0, 0.076), (-0.052, 0.07),
]  # fmt: skip
SIDE_VISOR: list[Point] = [(0.05, 0.034), (0.12, 0.052), (0.122, 0.06), (0.04, 0.06)]
BEANIE_DOME: list[Point] = [(0.025, -0.042), (0.06, -0.008), (0.07, 0.05)]
BEANIE_FOLD: list[Point] = [(-0.073, 0.03), (0.073, 0.03), (0.075, 0.066), (-0.075, 0.066)]


def draw_neck(figure: Figure) -> None:
    """Draw the neck; drawn before the torso."""
    figure.paint(path([(0, 0.14), (0, 0.19)], 0.062), scaled(figure.skin, 0.86), outline=0.003)


def draw_face(figure: Figure) -> None:
    """Draw the head with its face, or from behind without."""
    if figure.view == 'side':
        _profile(figure)
        return
    ears = [ellipse(side * 0.056, 0.092, 0.011, 0.017) for side in (-1, 1)]
    figure.paint(polygon(ellipse(0, 0.087, 0.056, 0.069), *ears), figure.skin, shading=0.14)
    if figure.view == 'front':
        _features(figure)


def _profile(figure: Figure) -> None:
    nose = [(0.05, 0.075), (0.074, 0.1), (0.05, 0.108)]
    figure.paint(polygon(ellipse(0.004, 0.087, 0.056, 0.068), nose), figure.skin)
    figure.line([(0.038, 0.082), (0.038, 0.086)], 0.013, DARK)
    figure.line([(0.03, 0.067), (0.048, 0.066)], 0.006, scaled(figure.hair, 0.7))
    figure.line([(0.034, 0.125), (0.05, 0.123)], 0.007, LIPS)
    figure.paint(polygon(ellipse(-0.008, 0.094, 0.011, 0.016)), scaled(figure.skin, 0.92))


def _features(figure: Figure) -> None:
    """Eyes, brows, nose and mouth seen from the front."""
    for side in (-1, 1):
        figure.line([(side * 0.022, 0.083), (side * 0.022, 0.087)], 0.013, DARK)
        brow = [(side * 0.013, 0.066), (side * 0.031, 0.067)]
        figure.line(brow, 0.006, scaled(figure.hair, 0.7))
    figure.line([(0, 0.095), (0.004, 0.104)], 0.006, scaled(figure.skin, 0.8))
    figure.line([(-0.014, 0.123), (0, 0.127), (0.014, 0.123)], 0.007, LIPS)


def draw_beard(figure: Figure) -> None:
    """Draw the beard, if there is one in sight."""
    if not figure.identity.beard or figure.view == 'back':
        return
    if figure.view == 'side':
        outline, lips = SIDE_BEARD, [(0.034, 0.128), (0.05, 0.127)]
    else:
        left = [(-x, y) for x, y in reversed(HALF_BEARD)]
        outline, lips = (
            [(0, 0.113), *HALF_BEARD, (0, 0.174), *left],
            [(-0.013, 0.13), (0.013, 0.13)],
        )
    figure.paint(polygon(smooth(outline)), scaled(figure.hair, 0.9), outline=0.003)
    figure.line(lips, 0.008, LIPS_IN_BEARD)


def draw_eyewear(figure: Figure) -> None:
    """Glasses or sunglasses, if there are any in sight."""
    kind = figure.identity.eyewear
    if kind is None or figure.view == 'back':
        return
    if figure.view == 'side':
        figure.line([(-0.004, 0.083), (0.04, 0.083)], 0.008, DARK)
        centers = [0.042]
    else:
        figure.line([(-0.05, 0.08), (0.05, 0.08)], 0.008, DARK)
        centers = [-0.023, 0.023]
    glass = DARK if kind == 'sunglasses' else mixed(figure.skin, WHITE, 0.45)
    for x in centers:
        figure.paint(polygon(ellipse(x, 0.086, 0.021, 0.019)), DARK, outline=0.0)
        figure.paint(polygon(ellipse(x, 0.086, 0.015, 0.013)), glass, shading=0.0, outline=0.0)
        if kind == 'glasses':
            figure.line([(x, 0.086), (x, 0.087)], 0.01, DARK)


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
