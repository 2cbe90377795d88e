"""A person about to be drawn: attributes, pose, joints and the canvas they go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .attributes import Identity
from .canvas import Canvas, Paint, Point, Shape, path
from .palette import COLORS, HAIR, SKIN, Color, scaled
from .pose import Body, Pose


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
