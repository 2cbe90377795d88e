"""A person about to be drawn: attributes, pose, joints and the canvas they go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .attributes import Identity
from .canvas import Canvas, Paint, Point, Shape, path
from .palette import COLOURS, HAIR, SKIN, Colour, scaled
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
    def skin(self) -> Colour:
        """Colour of the skin."""
        return SKIN[self.identity.skin]

    @property
    def hair(self) -> Colour:
        """Colour of the hair."""
        return scaled(HAIR[self.identity.hair.colour], self.identity.shade)

    def cloth(self, name: str) -> Colour:
        """The person's own shade of a named colour."""
        return scaled(COLOURS[name], self.identity.shade)

    def paint(self, shape: Shape, colour: Colour, **how: Any) -> None:
        """Paints a shape; ``how`` holds other fields of :class:`Paint`."""
        self.canvas.paint(shape, Paint(colour, **how))

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """Paints a flat line without an outline; a single point gives a dot."""
        ends = points if len(points) > 1 else [*points, *points]
        self.canvas.paint(path(ends, width), Paint(colour, shading=0.0, outline=0.0))
