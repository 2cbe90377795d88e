"""Draws torso and arms with the upper garment."""

from .canvas import (
    Pattern,
    Point,
    between,
    box,
    limb,
    path,
    polygon,
    smooth,
    symmetric,
)
from .figure import Figure
from .palette import WHITE, Color, mixed, scaled
from .patterns import FABRICS, LOGOS
from .pose import FAR_SIDE

HEM = {
    'tee': 0.545, 'top': 0.53, 'shirt': 0.555, 'sweater': 0.55,
    'hoodie': 0.555, 'jacket': 0.56, 'coat': 0.74, 'dress': 0.70,
}  # fmt: skip
FLARE = {'coat': 0.03, 'dress': 0.055}
SLEEVE_WIDTH = {'coat': 0.068, 'jacket': 0.064, 'hoodie': 0.062, 'sweater': 0.06}
TIGHT_SLEEVE_WIDTH = 0.056

HOODS = {
    'back': [(-0.07, 0.19), (0.07, 0.19), (0.062, 0.255), (0, 0.29), (-0.062, 0.255)],
    'side': [(-0.03, 0.18), (-0.075, 0.185), (-0.1, 0.23), (-0.06, 0.265), (0, 0.22)],
}


def draw_torso(figure: Figure) -> None:
    """Draw the upper garment without its sleeves."""
    upper = figure.identity.upper
    color = figure.cloth(upper.color)
    figure.paint(polygon(_torso_outline(figure)), color, **_fabric(figure))
    if upper.kind == 'dress':
        belt = box(-figure.body.waist * 1.03, 0.415, figure.body.waist * 1.03, 0.44)
        figure.paint(polygon(belt), scaled(color, 0.7), outline=0.0)
    if upper.kind == 'hoodie' and figure.view in HOODS:
        figure.paint(polygon(smooth(HOODS[figure.view])), scaled(color, 0.92))
    if figure.view == 'front':
        _front_details(figure, color)


def _torso_outline(figure: Figure) -> list[Point]:
    body, kind = figure.body, figure.identity.upper.kind
    loose = 0.012 if kind in SLEEVE_WIDTH else 0.0
    half = [
        (0.034 if figure.view == 'side' else 0.04, 0.182),
        (0.8 * body.shoulder, 0.198),
        (body.shoulder, 0.226),
        (body.shoulder - 0.012, 0.29),
        (body.waist + loose, 0.42),
        (body.hip + loose, 0.52),
        (body.hip + loose + FLARE.get(kind, 0.0), HEM[kind]),
    ]
    return symmetric(half)


def _fabric(figure: Figure) -> dict[str, Pattern | Color]:
    """Paint fields of the upper garment's all-over pattern, if it has one."""
    upper = figure.identity.upper
    if upper.pattern not in FABRICS:
        return {}
    return {'pattern': FABRICS[upper.pattern], 'second': figure.cloth(upper.second)}


def _front_details(figure: Figure, color: Color) -> None:
    """Draw what is only seen from the front."""
    upper = figure.identity.upper
    if upper.pattern in LOGOS:
        logo = LOGOS[upper.pattern](0.0, 0.315, 0.046)
        figure.paint(polygon(logo), figure.cloth(upper.second), shading=0.0, outline=0.003)
    if upper.kind in ('jacket', 'coat'):
        _jacket_front(figure, color)
    elif upper.kind == 'shirt':
        _shirt_front(figure, color)
    elif upper.kind == 'hoodie':
        _hoodie_front(figure, color)
    elif upper.kind == 'sweater':
        hem = box(-figure.body.hip - 0.012, 0.53, figure.body.hip + 0.012, 0.552)
        figure.paint(polygon(hem), scaled(color, 0.85), outline=0.0)
    else:
        neckline = smooth([(-0.036, 0.175), (0.036, 0.175), (0, 0.225)])
        figure.paint(polygon(neckline), figure.skin, outline=0.003)


def _jacket_front(figure: Figure, color: Color) -> None:
    """Draw a jacket or coat, open over a shirt or closed by a zip, with lapels and pockets."""
    upper, dark = figure.identity.upper, scaled(color, 0.62)
    if upper.pattern == 'open':
        _open_front(figure, HEM[upper.kind])
    else:
        figure.line([(0, 0.2), (0, HEM[upper.kind] - 0.004)], 0.008, dark)
    for side in (-1, 1):
        lapel = [(0.03, 0.178), (0.064, 0.192), (0.05, 0.275), (0.022, 0.235)]
        lapel = [(side * x, y) for x, y in lapel]
        figure.paint(polygon(lapel), scaled(color, 0.86), outline=0.003)
        figure.line([(0.06 * side, 0.48), (0.082 * side, 0.465)], 0.008, dark)


def _open_front(figure: Figure, hem: float) -> None:
    """Draw the shirt below an open jacket, and below a long coat the trousers too."""
    identity = figure.identity
    shirt = symmetric([(0.036, 0.18), (0.044, 0.3), (0.05, 0.56)])
    figure.paint(polygon(shirt), figure.cloth(identity.upper.second), outline=0.003)
    neckline = smooth([(-0.03, 0.172), (0.03, 0.172), (0, 0.215)])
    figure.paint(polygon(neckline), figure.skin, outline=0.0)
    if identity.upper.kind == 'coat':
        trousers = symmetric([(0.05, 0.555), (0.052, hem)])
        figure.paint(polygon(trousers), figure.cloth(identity.lower.color), outline=0.003)


def _shirt_front(figure: Figure, color: Color) -> None:
    """Buttons and collar."""
    figure.line([(0, 0.21), (0, 0.55)], 0.006, scaled(color, 0.62))
    for y in (0.25, 0.31, 0.37, 0.43, 0.49):
        figure.paint(path([(0.0, y), (0.0, y)], 0.014), (250, 250, 248), outline=0.003)
    for side in (-1, 1):
        collar = [(0, 0.205), (0.02 * side, 0.172), (0.05 * side, 0.182), (0.036 * side, 0.225)]
        figure.paint(polygon(collar), mixed(color, WHITE, 0.3), outline=0.003)


def _hoodie_front(figure: Figure, color: Color) -> None:
    """Pouch and cords."""
    pouch = [(-0.045, 0.43), (0.045, 0.43), (0.065, 0.51), (-0.065, 0.51)]
    figure.paint(polygon(pouch), scaled(color, 0.92), outline=0.003)
    for side in (-1, 1):
        cord = [(0.02 * side, 0.2), (0.024 * side, 0.265)]
        figure.line(cord, 0.008, mixed(color, WHITE, 0.7))


def draw_arm(figure: Figure, nearness: int) -> None:
    """One arm with sleeve and hand; ``nearness`` is 0 for the one behind, 1 for the other."""
    shoulder, elbow, hand = figure.body.arms[nearness]
    light = FAR_SIDE if figure.view == 'side' and nearness == 0 else 1.0
    girth, skin = figure.body.thigh / 0.082, scaled(figure.skin, light)
    figure.paint(limb([shoulder, elbow, hand], [0.05 * girth, 0.04 * girth, 0.034]), skin)
    figure.paint(path([hand, (hand[0], hand[1] + 0.014)], 0.042), skin)
    upper = figure.identity.upper
    width = SLEEVE_WIDTH.get(upper.kind, TIGHT_SLEEVE_WIDTH) * girth
    if upper.sleeves == 'long':
        cuff = between(elbow, hand, 0.9)
        sleeve = limb([shoulder, elbow, cuff], [width, 0.88 * width, 0.8 * width])
    elif upper.sleeves == 'short':
        sleeve = limb([shoulder, between(shoulder, elbow, 0.62)], [width, 1.1 * width])
    else:
        return
    figure.paint(sleeve, scaled(figure.cloth(upper.color), light), **_fabric(figure))
