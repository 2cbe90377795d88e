"""Draws torso, arms and legs with what is worn on them; fabric patterns and logos."""

import numpy as np

from .canvas import (
    WHITE,
    Color,
    Pattern,
    Point,
    between,
    box,
    limb,
    mixed,
    path,
    polygon,
    scaled,
    smooth,
    symmetric,
)
from .figure import FAR_SIDE, Figure

STRIPE = 0.034
CHECK = 0.046
DOT = 0.04


def stripes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Horizontal stripes."""
    return np.mod(y, STRIPE) < STRIPE * 0.45


def checks(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Crossing bands, horizontal and vertical."""
    return (np.mod(x, CHECK) < CHECK * 0.36) | (np.mod(y, CHECK) < CHECK * 0.36)


def dots(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Dots in rows, every second row moved by half a step."""
    row = np.floor(y / DOT)
    across = np.mod(x + 0.5 * DOT * np.mod(row, 2), DOT) - DOT / 2
    down = np.mod(y, DOT) - DOT / 2
    return across**2 + down**2 < (0.3 * DOT) ** 2


FABRICS: dict[str, Pattern] = {'stripes': stripes, 'checks': checks, 'dots': dots}


def star(x: float, y: float, radius: float) -> list[Point]:
    """Give a five-pointed star."""
    angles = -np.pi / 2 + np.arange(10) * np.pi / 5
    radii = np.where(np.arange(10) % 2 == 0, radius, 0.45 * radius)
    return [
        (x + float(r * np.cos(a)), y + float(r * np.sin(a)))
        for r, a in zip(radii, angles, strict=True)
    ]


def heart(x: float, y: float, radius: float) -> list[Point]:
    """Give a heart."""
    t = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    across = 16 * np.sin(t) ** 3
    down = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return [
        (x + float(a) * radius / 16, y + float(d) * radius / 16)
        for a, d in zip(across, down, strict=True)
    ]


LOGOS = {'star': star, 'heart': heart}

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
    girth, skin = figure.body.thigh / 0.082, scaled(figure.skin, _arm_light(figure, nearness))
    figure.paint(limb([shoulder, elbow, hand], [0.05 * girth, 0.04 * girth, 0.034]), skin)
    figure.paint(path([hand, (hand[0], hand[1] + 0.014)], 0.042), skin)
    draw_sleeve(figure, nearness)


def _arm_light(figure: Figure, nearness: int) -> float:
    return FAR_SIDE if figure.view == 'side' and nearness == 0 else 1.0


def draw_sleeve(figure: Figure, nearness: int) -> None:
    """Draw the sleeve of one arm, if the upper garment has any."""
    shoulder, elbow, hand = figure.body.arms[nearness]
    upper = figure.identity.upper
    width = SLEEVE_WIDTH.get(upper.kind, TIGHT_SLEEVE_WIDTH) * figure.body.thigh / 0.082
    if upper.sleeves == 'long':
        cuff = between(elbow, hand, 0.9)
        sleeve = limb([shoulder, elbow, cuff], [width, 0.88 * width, 0.8 * width])
    elif upper.sleeves == 'short':
        sleeve = limb([shoulder, between(shoulder, elbow, 0.62)], [width, 1.1 * width])
    else:
        return
    color = scaled(figure.cloth(upper.color), _arm_light(figure, nearness))
    figure.paint(sleeve, color, **_fabric(figure))


BARE_WIDTHS = (0.9, 0.66, 0.5)
TROUSER_WIDTHS = {'trousers': (1.08, 0.86, 0.72), 'jeans': (1.02, 0.74, 0.58)}
SHORTS_WIDTHS = (1.12, 1.1)
"""Widths at hip, knee and ankle, as multiples of the body's thigh."""

SIDE_SHOE: list[Point] = [
    (-0.034, -0.02), (0.02, -0.022), (0.05, 0.008), (0.085, 0.02), (0.09, 0.042), (-0.036, 0.042),
]  # fmt: skip


def draw_legs(figure: Figure) -> None:
    """Both legs with the lower garment and the shoes, the hindmost first."""
    bare = figure.identity.upper.kind == 'dress'
    for nearness, leg in enumerate(figure.body.legs):
        light = FAR_SIDE if figure.view == 'side' and nearness == 0 else 1.0
        _leg(figure, leg, scaled(figure.skin, light), BARE_WIDTHS)
        if not bare:
            _trouser_leg(figure, leg, light)
        _shoe(figure, leg[-1], nearness, light)
    if not bare:
        _seat(figure)


def draw_lower(figure: Figure) -> None:
    """Draw the lower garment alone."""
    for leg in figure.body.legs:
        _trouser_leg(figure, leg, 1.0)
    _seat(figure)


def draw_shoes(figure: Figure) -> None:
    """Draw the shoes alone."""
    for nearness, leg in enumerate(figure.body.legs):
        _shoe(figure, leg[-1], nearness, 1.0)


def _leg(figure: Figure, joints: list[Point], color: Color, widths: tuple[float, ...]) -> None:
    figure.paint(limb(joints, [share * figure.body.thigh for share in widths]), color)


def _trouser_leg(figure: Figure, joints: list[Point], light: float) -> None:
    lower = figure.identity.lower
    color = scaled(figure.cloth(lower.color), light)
    if lower.kind in TROUSER_WIDTHS:
        _leg(figure, joints, color, TROUSER_WIDTHS[lower.kind])
    if lower.kind == 'jeans':
        _turn_up(figure, joints[-1], color)
    if lower.kind == 'shorts':
        hip, knee, _ = joints
        _leg(figure, [hip, between(hip, knee, 0.8)], color, SHORTS_WIDTHS)


def _turn_up(figure: Figure, ankle: Point, color: Color) -> None:
    """Draw the light cuff by which jeans are told from trousers."""
    half = 0.31 * figure.body.thigh
    cuff = box(ankle[0] - half, ankle[1] - 0.03, ankle[0] + half, ankle[1] - 0.002)
    figure.paint(polygon(cuff), mixed(color, WHITE, 0.45), outline=0.003)


def _seat(figure: Figure) -> None:
    """Draw the part of the lower garment that joins the legs, or the whole skirt."""
    body, lower = figure.body, figure.identity.lower
    color = figure.cloth(lower.color)
    if lower.kind == 'skirt':
        outline = [(body.waist, 0.48), (body.hip + 0.01, 0.55), (body.hip + 0.035, 0.705)]
        figure.paint(polygon(symmetric(outline)), color)
    else:
        outline = [(body.waist, 0.48), (body.hip, 0.53), (body.hip - 0.004, 0.57), (0.012, 0.595)]
        figure.paint(polygon(symmetric(outline)), color, outline=0.0)


def _shoe(figure: Figure, ankle: Point, nearness: int, light: float) -> None:
    """One shoe; ``nearness`` is 0 for the leg drawn first, 1 for the other."""
    shoes = figure.identity.shoes
    color = scaled(figure.cloth(shoes.color), light)
    upper, sole = _shoe_outlines(figure.view, ankle, outward=2 * nearness - 1)
    if shoes.kind == 'boots':
        _boot(figure, ankle, upper, color)
    elif shoes.kind == 'sandals':
        figure.paint(polygon(upper), scaled(figure.skin, light))
        _straps(figure, ankle, color)
    else:
        figure.paint(polygon(upper), color)
    figure.paint(polygon(sole), _sole_color(shoes.kind, shoes.color, color), outline=0.003)


def _sole_color(kind: str, name: str, color: Color) -> Color:
    """Sneakers have white soles (grey below white ones), other shoes dark ones."""
    if kind != 'sneakers':
        return scaled(color, 0.6)
    return (196, 198, 202) if name == 'white' else (246, 246, 244)


def _shoe_outlines(view: str, ankle: Point, outward: int) -> tuple[list[Point], list[Point]]:
    """Outlines of the shoe's upper and of its sole; ``outward`` is the side its tip turns to."""
    x, y = ankle
    if view == 'side':
        upper, sole = SIDE_SHOE, box(x - 0.037, y + 0.034, x + 0.09, y + 0.047)
    else:
        tip, turn = 0.05 if view == 'front' else 0.034, 0.006 * outward
        upper = [(-0.028, -0.02), (0.028, -0.02), (0.036 + turn, tip - 0.01)]
        upper += [(0.02 + turn, tip), (-0.02 + turn, tip), (-0.036 + turn, tip - 0.01)]
        sole = box(x + turn - 0.035, y + tip - 0.012, x + turn + 0.035, y + tip + 0.002)
    return smooth([(x + dx, y + dy) for dx, dy in upper], 4), sole


def _boot(figure: Figure, ankle: Point, foot: list[Point], color: Color) -> None:
    x, y = ankle
    figure.paint(polygon(box(x - 0.031, y - 0.1, x + 0.031, y + 0.01), foot), color)
    cuff = box(x - 0.034, y - 0.105, x + 0.034, y - 0.085)
    figure.paint(polygon(cuff), scaled(color, 0.8), outline=0.003)


def _straps(figure: Figure, ankle: Point, color: Color) -> None:
    """Draw the two straps of a sandal."""
    x, y = ankle
    toes = 0.05 if figure.view == 'side' else 0.028
    figure.line([(x - 0.028, y - 0.006), (x + 0.028, y - 0.006)], 0.014, color)
    figure.line([(x - 0.028, y + 0.022), (x + toes, y + 0.022)], 0.014, color)
