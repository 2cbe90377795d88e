"""Draws a person: puts the parts on the canvas from back to front."""

from .accessories import draw_bag_behind, draw_in_hand, draw_on_torso
from .attributes import Identity
from .canvas import Canvas
from .clothes import draw_arm, draw_torso
from .face import draw_beard, draw_eyewear, draw_face, draw_neck
from .figure import Figure
from .hair import draw_hair, draw_hair_behind
from .headwear import draw_headwear
from .legs import draw_legs
from .pose import Pose, pose_body


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
