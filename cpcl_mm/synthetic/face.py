"""Draws neck, face, beard and glasses."""

from .canvas import Point, ellipse, path, polygon, smooth
from .figure import Figure
from .palette import WHITE, Color, mixed, scaled

DARK: Color = (34, 32, 36)
LIPS: Color = (168, 74, 74)
LIPS_IN_BEARD: Color = (176, 84, 80)

SIDE_BEARD: list[Point] = [
    (-0.016, 0.095), (0.01, 0.112), (0.056, 0.112), (0.056, 0.145), (0.02, 0.172), (-0.012, 0.14),
]  # fmt: skip
HALF_BEARD: list[Point] = [(0.03, 0.109), (0.05, 0.088), (0.056, 0.1), (0.046, 0.145), (0.02, 0.17)]


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
