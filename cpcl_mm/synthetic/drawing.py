"""Draws a person: puts the parts on the canvas from back to front, bags and scarf among them."""

from .attributes import Identity
from .canvas import WHITE, Canvas, Color, Point, mixed, path, polygon, scaled, smooth, symmetric
from .clothes import draw_arm, draw_legs, draw_torso
from .figure import Figure, Pose, pose_body
from .head import (
    draw_beard,
    draw_eyewear,
    draw_face,
    draw_hair,
    draw_hair_behind,
    draw_headwear,
    draw_neck,
)

METAL: Color = (120, 124, 130)
GRIP: Color = (60, 62, 68)
RUBBER: Color = (44, 44, 48)
BRASS: Color = (236, 206, 110)

SIDE_PACK: list[Point] = [
    (-0.05, 0.2), (-0.13, 0.215), (-0.165, 0.3), (-0.16, 0.42), (-0.12, 0.46), (-0.05, 0.45),
]  # fmt: skip
SIDE_POCKET: list[Point] = [(-0.1, 0.35), (-0.155, 0.35), (-0.15, 0.43), (-0.1, 0.43)]
SIDE_STRAP: list[Point] = [(-0.045, 0.2), (0.03, 0.22), (0.03, 0.31), (-0.05, 0.38)]
BACK_PACK: list[Point] = [(0.06, 0.2), (0.088, 0.24), (0.094, 0.42), (0.08, 0.47)]
BACK_POCKET: list[Point] = [(0.06, 0.35), (0.068, 0.37), (0.062, 0.45)]
BACK_ZIP: list[Point] = [(-0.062, 0.285), (0, 0.272), (0.062, 0.285)]


def draw_person(canvas: Canvas, identity: Identity, pose: Pose) -> None:
    """Draws a person in a pose; the head's top is at y = 0, the soles at y = 1."""
    figure = Figure(canvas, identity, pose, pose_body(identity, pose))
    behind, before = _arms(pose)
    draw_bag_behind(figure)
    draw_hair_behind(figure)
    for arm in behind:
        draw_arm(figure, arm)
    draw_legs(figure)
    draw_neck(figure)
    draw_torso(figure)
    _draw_front_layer(figure, before)
    _draw_head(figure)


def _arms(pose: Pose) -> tuple[list[int], list[int]]:
    """Give the arms that the torso hides in part, and those before it."""
    if pose.view == 'side':
        return [0], [1]
    if pose.view == 'back' and pose.bend:
        return [1], [0]
    return [], [0, 1]


def _draw_front_layer(figure: Figure, arms: list[int]) -> None:
    """Arms, and what hangs on the torso: under the near arm from the side, else over both."""
    if figure.view != 'side':
        for arm in arms:
            draw_arm(figure, arm)
    draw_on_torso(figure)
    draw_in_hand(figure)
    if figure.view == 'side':
        for arm in arms:
            draw_arm(figure, arm)


def _draw_head(figure: Figure) -> None:
    draw_face(figure)
    draw_beard(figure)
    draw_hair(figure)
    draw_eyewear(figure)
    draw_headwear(figure)
    bag = figure.identity.bag
    if figure.view == 'back' and bag is not None and bag.kind == 'backpack':
        draw_on_torso(figure)  # the backpack lies over long hair


def draw_bag_behind(figure: Figure) -> None:
    """Draw a backpack that the body hides in part, seen from the front or the side."""
    bag = figure.identity.bag
    if bag is None or bag.kind != 'backpack':
        return
    color = figure.cloth(bag.color)
    if figure.view == 'front':
        wide = figure.body.shoulder
        edge = [(0.09, 0.2), (wide + 0.012, 0.26), (wide + 0.008, 0.42), (0.08, 0.46)]
        figure.paint(polygon(smooth(symmetric(edge))), scaled(color, 0.8))
    elif figure.view == 'side':
        figure.paint(polygon(smooth(SIDE_PACK)), color)
        figure.paint(polygon(smooth(SIDE_POCKET)), scaled(color, 0.82), outline=0.003)


def draw_on_torso(figure: Figure) -> None:
    """Draw the straps of a backpack or all of it, a shoulder bag, a scarf."""
    bag, scarf = figure.identity.bag, figure.identity.scarf
    if bag is not None and bag.kind == 'backpack':
        _backpack(figure, figure.cloth(bag.color))
    elif bag is not None and bag.kind == 'shoulder bag':
        _shoulder_bag(figure, figure.cloth(bag.color))
    if scarf is not None:
        _scarf(figure, figure.cloth(scarf.color))


def _backpack(figure: Figure, color: Color) -> None:
    if figure.view == 'front':
        for side in (-1, 1):
            strap = [(side * 0.062, 0.192), (side * 0.072, 0.29), (side * 0.094, 0.38)]
            figure.paint(path(strap, 0.02), scaled(color, 0.9))
    elif figure.view == 'side':
        figure.paint(path(SIDE_STRAP, 0.02), scaled(color, 0.9))
    else:
        figure.paint(path([(-0.02, 0.2), (0.02, 0.2)], 0.016), scaled(color, 0.7))
        figure.paint(polygon(smooth(symmetric(BACK_PACK))), color)
        figure.paint(polygon(smooth(symmetric(BACK_POCKET))), scaled(color, 0.86))
        figure.line(BACK_ZIP, 0.008, mixed(color, WHITE, 0.6))


def _shoulder_bag(figure: Figure, color: Color) -> None:
    """Draw a bag at the hip on a strap that crosses the torso."""
    start: Point = (-0.06, 0.192) if figure.view != 'side' else (0.0, 0.19)
    x = figure.body.hip + 0.012 if figure.view != 'side' else 0.0
    figure.paint(path([start, (x, 0.47)], 0.016), scaled(color, 0.85))
    pouch = [(x - 0.055, 0.46), (x + 0.055, 0.46), (x + 0.06, 0.56), (x - 0.06, 0.56)]
    figure.paint(polygon(smooth(pouch, 5)), color)
    flap = [(x - 0.056, 0.458), (x + 0.056, 0.458), (x + 0.05, 0.51), (x - 0.05, 0.51)]
    figure.paint(polygon(smooth(flap, 5)), scaled(color, 0.85), outline=0.003)


def _scarf(figure: Figure, color: Color) -> None:
    figure.paint(path([(-0.045, 0.182), (0, 0.194), (0.045, 0.182)], 0.042), color)
    if figure.view == 'front':
        figure.paint(polygon([(0.01, 0.19), (0.05, 0.19), (0.056, 0.34), (0.02, 0.345)]), color)
        figure.line([(0.022, 0.325), (0.054, 0.32)], 0.008, scaled(color, 0.7))
    elif figure.view == 'back':
        figure.paint(polygon([(-0.05, 0.19), (-0.01, 0.19), (-0.02, 0.3), (-0.056, 0.29)]), color)


def draw_in_hand(figure: Figure) -> None:
    """Draw a handbag or a suitcase, if there is one."""
    bag = figure.identity.bag
    if bag is None or bag.kind not in ('handbag', 'suitcase'):
        return
    hand = figure.body.arms[1 if figure.view == 'side' else 0][-1]
    draw = _handbag if bag.kind == 'handbag' else _suitcase
    draw(figure, figure.cloth(bag.color), hand)


def _handbag(figure: Figure, color: Color, hand: Point) -> None:
    x, y = hand
    arch = [(-0.034, 0.07), (-0.022, 0.012), (0.022, 0.012), (0.034, 0.07)]
    figure.line([(x + dx, y + dy) for dx, dy in arch], 0.01, scaled(color, 0.7))
    sack = [(-0.046, 0.06), (0.046, 0.06), (0.06, 0.15), (-0.06, 0.15)]
    figure.paint(polygon([(x + dx, y + dy) for dx, dy in sack]), color)
    figure.paint(path([(x, y + 0.074), (x, y + 0.08)], 0.016), BRASS, outline=0.003)


def _suitcase(figure: Figure, color: Color, hand: Point) -> None:
    x, y = hand[0] - (0.05 if figure.view == 'side' else 0.028), hand[1]
    for pole in (-0.026, 0.026):
        figure.line([(x + pole, y), (x + pole, 0.7)], 0.009, METAL)
    figure.line([(x - 0.03, y), (x + 0.03, y)], 0.016, GRIP)
    case = [(x - 0.062, 0.69), (x + 0.062, 0.69), (x + 0.062, 0.935), (x - 0.062, 0.935)]
    figure.paint(polygon(smooth(case, 8)), color)
    for ridge in (-0.026, 0.0, 0.026):
        figure.line([(x + ridge, 0.715), (x + ridge, 0.91)], 0.007, scaled(color, 0.78))
    for wheel in (-0.042, 0.042):
        figure.paint(path([(x + wheel, 0.953), (x + wheel, 0.955)], 0.026), RUBBER)
