"""A small vector canvas: shapes in a figure's own units, shaded, patterned and outlined.

Everything is drawn several times too large and reduced at the end, which smooths all edges.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw

SUPERSAMPLING = 4

Color = tuple[int, int, int]
Outline: TypeAlias = str | Sequence[tuple[float, float] | np.ndarray] | np.ndarray
"""Points, as numbers or as a text such as ``'0,.14 .03,.19'``, as in SVG."""
Shape = list[tuple[np.ndarray, float]]
"""A union of polygons, of thickness 0, and of round-ended strokes from a point to another one."""
Pattern = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Maps x and y (arrays of equal shape, in figure units) to where the second color goes."""

WHITE: Color = (255, 255, 255)


def scaled(color: Color, factor: float) -> Color:
    """Give the color with every channel multiplied by ``factor``, clipped to 0..255."""
    red, green, blue = (max(0, min(255, round(channel * factor))) for channel in color)
    return red, green, blue


def mixed(first: Color, second: Color, share: float) -> Color:
    """``share`` of the second color in the first, channel by channel."""
    red, green, blue = (
        round((1 - share) * a + share * b) for a, b in zip(first, second, strict=True)
    )
    return red, green, blue


@dataclass
class Canvas:
    """Paints shapes of one figure on an image, in place: ``pixel = origin + scale * unit``."""

    image: Image.Image  # RGB, supersampled
    scale: float  # pixels per unit
    x: float = 0.0  # pixel column of the figure's axis
    y: float = 0.0  # pixel row of the figure's top
    mirrored: bool = False  # whether x runs to the left

    @property
    def _across(self) -> float:
        """Pixels to the right for a unit of x."""
        return -self.scale if self.mirrored else self.scale

    def pixels(self, outline: Outline) -> np.ndarray:
        """Figure units to pixels."""
        return (self.x, self.y) + points(outline) * (self._across, self.scale)

    def line(self, outline: Outline, width: float, color: Color) -> None:
        """Paint a flat line without an outline; a single point gives a dot."""
        self.paint(stroke(outline, width), color, shading=0.0, outline=0.0)

    def paint(
        self,
        shape: Shape,
        color: Color,
        shading: float = 0.22,
        outline: float = 0.005,
        pattern: Pattern | None = None,
        second: Color = WHITE,
    ) -> None:
        """Fill a shape and draw its outline around it.

        Args:
            shape: What is filled, in figure units.
            color: The main color.
            shading: Darkening towards the shape's right edge, from 0 (flat) to 1.
            outline: Width of the darker outline in figure units.
            pattern: Where ``second`` goes instead; None for a plain fill.
            second: Color of the pattern.
        """
        rim = outline * self.scale
        placed = [(self.pixels(outline), self.scale * width) for outline, width in shape]
        (left, top), (right, bottom) = _corners(placed, rim + 1)
        start = max(0, int(left)), max(0, int(top))
        end = min(self.image.width, int(right) + 1), min(self.image.height, int(bottom) + 1)
        if start[0] >= end[0] or start[1] >= end[1]:
            return
        if rim:
            _fill(self.image, placed, scaled(color, 0.62), rim)
        if pattern is None and not shading:
            _fill(self.image, placed, color)
            return
        x, y = (np.arange(a, b, dtype=np.float32) for a, b in zip(start, end, strict=True))
        light = 1 + shading * (0.3 - (x - left) / (right - left))
        pixels = np.broadcast_to(_lit(color, light), (len(y), len(x), 3))
        if pattern is not None:
            units = np.meshgrid((x - self.x) / self._across, (y - self.y) / self.scale)
            there = pattern(*units)
            pixels = np.where(there[..., None], _lit(second, light), pixels)
        mask = Image.new('L', (len(x), len(y)))
        _fill(mask, placed, 255, origin=start)
        self.image.paste(Image.fromarray(pixels), start, mask)


def _corners(shape: Shape, grow: float) -> list[list[float]]:
    """Give left top and right bottom of a shape grown by ``grow``."""
    knots = np.concatenate([p + half for p, width in shape for half in (-width / 2, width / 2)])
    return [(knots.min(axis=0) - grow).tolist(), (knots.max(axis=0) + grow).tolist()]


def _fill(
    image: Image.Image,
    shape: Shape,
    ink: int | Color,
    grow: float = 0.0,
    origin: tuple[int, int] = (0, 0),
) -> None:
    """Fill a shape, in pixels and grown by ``grow``, on an image that begins at ``origin``."""
    draw = ImageDraw.Draw(image)
    for outline, thickness in shape:
        knots = [(x, y) for x, y in (outline - origin).tolist()]
        if thickness:
            width = thickness + 2 * grow
            draw.line(knots, fill=ink, width=max(1, round(width)))
            for x, y in knots:
                ends = (x - width / 2, y - width / 2, x + width / 2, y + width / 2)
                draw.ellipse(ends, fill=ink)
            continue
        draw.polygon(knots, fill=ink)
        if grow >= 0.5:
            draw.line([*knots, knots[0]], fill=ink, width=round(2 * grow), joint='curve')


def _lit(color: Color, light: np.ndarray) -> np.ndarray:
    """One row of pixels, (1, W, 3) bytes: the color under the light of each column."""
    row = np.asarray(color, dtype=np.float32) * light[:, None]
    return np.minimum(row, 255).astype(np.uint8)[None]


def points(outline: Outline) -> np.ndarray:
    """Give the points of an outline, (N, 2)."""
    if isinstance(outline, str):
        outline = [(float(x), float(y)) for x, y in (pair.split(',') for pair in outline.split())]
    return np.asarray(outline, dtype=np.float64)


def smooth(outline: Outline, steps: int = 6) -> np.ndarray:
    """Give the closed Catmull-Rom curve through the points, ``steps`` points for each of them."""
    knots = points(outline)
    before, after, beyond = (np.roll(knots, shift, axis=0) for shift in (1, -1, -2))
    time = (np.arange(steps) / steps)[None, :, None]
    k, b, a, z = (array[:, None] for array in (knots, before, after, beyond))
    curve = 0.5 * (
        2 * k
        + (a - b) * time
        + (2 * b - 5 * k + 4 * a - z) * time**2
        + (3 * k - b - 3 * a + z) * time**3
    )
    return curve.reshape(-1, 2)


def symmetric(outline: Outline) -> np.ndarray:
    """Give the outline whose right half is given from top to bottom, mirrored at x = 0."""
    half = points(outline)
    return np.concatenate([half, half[::-1] * (-1, 1)])


def ellipse(x: float, y: float, radius_x: float, radius_y: float, count: int = 28) -> np.ndarray:
    """Give the polygon of an upright ellipse."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([x + radius_x * np.cos(angles), y + radius_y * np.sin(angles)], axis=1)


def box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """Give the polygon of an upright rectangle."""
    return points([(left, top), (right, top), (right, bottom), (left, bottom)])


def polygon(*outlines: Outline) -> Shape:
    """Give the union of polygons."""
    return [(points(outline), 0.0) for outline in outlines]


def stroke(outline: Outline, width: float) -> Shape:
    """Give round-ended strokes along the points; a single point gives a dot."""
    knots = points(outline)
    ends = knots if len(knots) > 1 else knots.repeat(2, axis=0)
    return [(ends[start : start + 2], width) for start in range(len(ends) - 1)]


def limb(joints: Outline, widths: Sequence[float]) -> Shape:
    """Give a tapered limb through the joints, ``widths[i]`` wide at joint i, with round ends."""
    knots = points(joints)
    steps = np.gradient(knots, axis=0)
    normals = np.stack([-steps[:, 1], steps[:, 0]], axis=1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    half = normals * np.asarray(widths)[:, None] / 2
    outline = np.concatenate([knots + half, (knots - half)[::-1]])
    ends = [stroke([joint], width) for joint, width in zip(knots, widths, strict=True)]
    return sum(ends, polygon(outline))
