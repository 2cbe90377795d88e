"""Draws legs and what is worn on them: trousers, skirt, shoes."""

from .canvas import Point, between, box, limb, polygon, smooth, symmetric
from .figure import Figure
from .palette import WHITE, Color, mixed, scaled
from .pose import FAR_SIDE

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
