"""A person about to be drawn: pose, joints and the canvas they go on.

Figure units: x across, y down, body height 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .attributes import COLORS, HAIR, SKIN, Identity
from .canvas import Canvas, Color, Paint, Point, Shape, path, scaled

VIEWS = ('front', 'back', 'side')

FAR_SIDE = 0.84
"""Brightness of the limbs on the far side of a person seen from the side."""


@dataclass(frozen=True)
class Pose:
    """The view and the moment of a walk.

    Attributes:
        view: ``'front'``, ``'back'`` or ``'side'`` (facing right unless mirrored).
        stride: From -1 (left foot ahead) to 1.
        bend: How far one forearm is raised, from 0 to 1.
    """

    view: str
    stride: float
    bend: float


@dataclass(frozen=True)
class Body:
    """Joints and half widths of a person in a pose.

    Attributes:
        legs: Two lists hip, knee, ankle; the one drawn first lies behind.
        arms: Two lists shoulder, elbow, hand; the one drawn first lies behind.
        shoulder: Half width at y = 0.205.
        waist: Half width at y = 0.42.
        hip: Half width at y = 0.52.
        thigh: Width of a thigh; other limbs follow from it.
    """

    legs: tuple[list[Point], list[Point]]
    arms: tuple[list[Point], list[Point]]
    shoulder: float
    waist: float
    hip: float
    thigh: float


def pose_body(identity: Identity, pose: Pose) -> Body:
    """Give the joints of a person in a pose."""
    woman = identity.gender == 'woman'
    girth = identity.girth * (0.93 if woman else 1.0)
    if pose.view == 'side':
        return _side(girth, pose)
    shoulder, waist, hip = (0.106, 0.078, 0.098) if woman else (0.118, 0.096, 0.094)
    return _frontal(shoulder * girth, waist * girth, hip * girth, 0.082 * girth, pose)


def _frontal(shoulder: float, waist: float, hip: float, thigh: float, pose: Pose) -> Body:
    legs = []
    for side in (-1, 1):
        lift = 0.035 * max(0.0, side * pose.stride)
        joint = side * (hip - thigh / 2 - 0.004)
        ankle = side * (0.045 + 0.02 * abs(pose.stride))
        legs.append([(joint, 0.53), (ankle * 1.06, 0.735 - lift / 2), (ankle, 0.94 - lift)])
    arms = []
    for side in (-1, 1):
        swing = 0.02 * side * pose.stride
        elbow = (side * (shoulder + 0.026), 0.365)
        raised = pose.bend if side == 1 else 0.0
        hand = (
            side * ((shoulder + 0.03) * (1 - raised) + 0.035 * raised),
            0.495 + swing - 0.16 * raised,
        )
        arms.append([(side * (shoulder - 0.022), 0.236), elbow, hand])
    return Body((legs[0], legs[1]), (arms[0], arms[1]), shoulder, waist, hip, thigh)


def _side(girth: float, pose: Pose) -> Body:
    reach = 0.045 + 0.085 * abs(pose.stride)
    ahead = [(0.0, 0.53), (0.75 * reach, 0.735), (reach + 0.01, 0.94)]
    behind = [(0.0, 0.53), (-0.2 * reach, 0.745), (-1.15 * reach, 0.92)]
    swing = 0.75 * reach
    near = [(-0.005, 0.235), (-0.55 * swing - 0.02, 0.37), (-0.75 * swing + 0.02, 0.49)]
    bend = 0.1 * pose.bend
    far = [(0.005, 0.235), (0.5 * swing, 0.37), (1.25 * swing + 0.03, 0.475 - bend)]
    legs = (behind, ahead) if pose.stride >= 0 else (ahead, behind)
    return Body(legs, (far, near), 0.074 * girth, 0.072 * girth, 0.08 * girth, 0.088 * girth)


def sample_pose(rng: np.random.Generator, back_view: float, side_view: float) -> Pose:
    """Give a random pose; the shares of back and side views are given, the rest is frontal."""
    draw = rng.random()
    view = 'back' if draw < back_view else 'side' if draw < back_view + side_view else 'front'
    bend = float(rng.uniform(0.4, 1)) if rng.random() < 0.25 else 0.0
    return Pose(view, float(rng.uniform(-1, 1)), bend)


@dataclass(frozen=True)
class Figure:
    """What every drawing function of the package gets.

    Attributes:
        canvas: Where to draw.
        identity: Who is drawn.
        pose: How the person stands.
        body: The joints that follow from the pose.
    """

    canvas: Canvas
    identity: Identity
    pose: Pose
    body: Body

    @property
    def view(self) -> str:
        """``'front'``, ``'back'`` or ``'side'``."""
        return self.pose.view

    @property
    def skin(self) -> Color:
        """Color of the skin."""
        return SKIN[self.identity.skin]

    @property
    def hair(self) -> Color:
        """Color of the hair."""
        return scaled(HAIR[self.identity.hair.color], self.identity.shade)

    def cloth(self, name: str) -> Color:
        """Draw the person's own shade of a named color."""
        return scaled(COLORS[name], self.identity.shade)

    def paint(self, shape: Shape, color: Color, **how: Any) -> None:
        """Paints a shape; ``how`` holds other fields of :class:`Paint`."""
        self.canvas.paint(shape, Paint(color, **how))

    def line(self, points: Sequence[Point], width: float, color: Color) -> None:
        """Paints a flat line without an outline; a single point gives a dot."""
        ends = points if len(points) > 1 else [*points, *points]
        self.canvas.paint(path(ends, width), Paint(color, shading=0.0, outline=0.0))
