"""A small vector canvas: shapes in a figure's own units, shaded, patterned and outlined.

Everything is drawn several times too large and reduced at the end, which smooths all edges.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

SUPERSAMPLING = 4

Color = tuple[int, int, int]
Point = tuple[float, float]
Ink = int | Color
Box = tuple[float, float, float, float]
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


@dataclass(frozen=True)
class Frame:
    """Where figure units land on the image: ``pixel = origin + scale * unit``.

    Attributes:
        scale: Pixels per unit.
        x: Pixel column of the figure's axis.
        y: Pixel row of the figure's top.
        mirrored: Whether x runs to the left.
    """

    scale: float
    x: float = 0.0
    y: float = 0.0
    mirrored: bool = False

    def pixels(self, points: Sequence[Point]) -> list[Point]:
        """Figure units to pixels."""
        sign = -1 if self.mirrored else 1
        return [(self.x + sign * self.scale * x, self.y + self.scale * y) for x, y in points]

    def units(self, columns: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels to figure units; the inverse of :meth:`pixels`."""
        sign = -1 if self.mirrored else 1
        return sign * (columns - self.x) / self.scale, (rows - self.y) / self.scale


@dataclass(frozen=True)
class Paint:
    """How a shape is filled.

    Attributes:
        color: The main color.
        pattern: Where ``second`` goes instead; None for a plain fill.
        second: Color of the pattern.
        shading: Darkening towards the shape's right edge, from 0 (flat) to 1.
        outline: Width of the darker outline in figure units.
    """

    color: Color
    pattern: Pattern | None = None
    second: Color = (0, 0, 0)
    shading: float = 0.22
    outline: float = 0.005


@dataclass(frozen=True)
class Shape:
    """A union of polygons and round-ended strokes (start, end, thickness)."""

    polygons: list[list[Point]] = field(default_factory=list)
    strokes: list[tuple[Point, Point, float]] = field(default_factory=list)

    def placed(self, frame: Frame) -> 'Shape':
        """Give the shape in pixels."""
        polygons = [frame.pixels(polygon) for polygon in self.polygons]
        ends = [frame.pixels([start, end]) for start, end, _ in self.strokes]
        widths = [frame.scale * thickness for _, _, thickness in self.strokes]
        strokes = [(a, b, width) for (a, b), width in zip(ends, widths, strict=True)]
        return Shape(polygons, strokes)

    def bounds(self, grow: float) -> Box:
        """Left, top, right and bottom of the shape grown by ``grow``."""
        points = [point for polygon in self.polygons for point in polygon]
        for start, end, thickness in self.strokes:
            half = thickness / 2
            points += [(x + d, y + d) for x, y in (start, end) for d in (-half, half)]
        columns, rows = zip(*points, strict=True)
        return min(columns) - grow, min(rows) - grow, max(columns) + grow, max(rows) + grow

    def fill(self, image: Image.Image, ink: Ink, grow: float, origin: Point = (0, 0)) -> None:
        """Fill the shape, in pixels and grown by ``grow``, on an image that begins at origin."""
        draw = ImageDraw.Draw(image)
        left, top = origin
        for polygon in self.polygons:
            points = [(x - left, y - top) for x, y in polygon]
            draw.polygon(points, fill=ink)
            if grow >= 0.5:
                draw.line([*points, points[0]], fill=ink, width=round(2 * grow), joint='curve')
        for start, end, thickness in self.strokes:
            points = [(x - left, y - top) for x, y in (start, end)]
            _stroke(draw, points, thickness + 2 * grow, ink)


def _stroke(draw: ImageDraw.ImageDraw, points: list[Point], width: float, ink: Ink) -> None:
    draw.line(points, fill=ink, width=max(1, round(width)))
    for x, y in points:
        draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=ink)


class Canvas:
    """Paints shapes of one figure on an image, in place.

    Args:
        image: The supersampled RGB image.
        frame: Where the figure's units land on it.
    """

    def __init__(self, image: Image.Image, frame: Frame) -> None:
        self.image = image
        self.frame = frame

    def paint(self, shape: Shape, paint: Paint) -> None:
        """Fill a shape and draws its outline around it."""
        outline = paint.outline * self.frame.scale
        placed = shape.placed(self.frame)
        bounds = placed.bounds(outline + 1)
        box = self._visible(bounds)
        if box is None:
            return
        if outline:
            placed.fill(self.image, scaled(paint.color, 0.62), outline)
        if paint.pattern is None and not paint.shading:
            placed.fill(self.image, paint.color, 0.0)
            return
        mask = Image.new('L', (box[2] - box[0], box[3] - box[1]))
        placed.fill(mask, 255, 0.0, box[:2])
        self.image.paste(self._patch(box, paint, bounds), box, mask)

    def _visible(self, bounds: Box) -> tuple[int, int, int, int] | None:
        """Give the pixels of the image within the bounds; None if there are none."""
        left, top = max(0, int(bounds[0])), max(0, int(bounds[1]))
        right = min(self.image.width, int(bounds[2]) + 1)
        bottom = min(self.image.height, int(bounds[3]) + 1)
        return (left, top, right, bottom) if left < right and top < bottom else None

    def _patch(self, box: tuple[int, int, int, int], paint: Paint, bounds: Box) -> Image.Image:
        """Give the pattern and the shading of a box of pixels; the shading spans the bounds."""
        columns = np.arange(box[0], box[2], dtype=np.float32)
        rows = np.arange(box[1], box[3], dtype=np.float32)
        across = (columns - bounds[0]) / (bounds[2] - bounds[0])
        light = 1 + paint.shading * (0.3 - across)
        plain = _lit(paint.color, light)
        if paint.pattern is None:
            return Image.fromarray(plain).resize(
                (len(columns), len(rows)), Image.Resampling.NEAREST
            )
        x, y = self.frame.units(*np.meshgrid(columns, rows))
        second = _lit(paint.second, light)
        return Image.fromarray(np.where(paint.pattern(x, y)[..., None], second, plain))


def _lit(color: Color, light: np.ndarray) -> np.ndarray:
    """One row of pixels, (1, W, 3) bytes: the color under the light of each column."""
    row = np.asarray(color, dtype=np.float32) * light[:, None]
    return np.minimum(row, 255).astype(np.uint8)[None]


def smooth(points: Sequence[Point], steps: int = 6) -> list[Point]:
    """Give the closed Catmull-Rom curve through the points, ``steps`` points for each of them."""
    knots = np.asarray(points, dtype=np.float64)
    before, after, beyond = (np.roll(knots, shift, axis=0) for shift in (1, -1, -2))
    time = (np.arange(steps) / steps)[None, :, None]
    k, b, a, z = (array[:, None] for array in (knots, before, after, beyond))
    curve = 0.5 * (
        2 * k
        + (a - b) * time
        + (2 * b - 5 * k + 4 * a - z) * time**2
        + (3 * k - b - 3 * a + z) * time**3
    )
    return [(float(x), float(y)) for x, y in curve.reshape(-1, 2)]


def ellipse(x: float, y: float, radius_x: float, radius_y: float, count: int = 28) -> list[Point]:
    """Give the polygon of an upright ellipse."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return [(x + radius_x * float(np.cos(a)), y + radius_y * float(np.sin(a))) for a in angles]


def box(left: float, top: float, right: float, bottom: float) -> list[Point]:
    """Give the polygon of an upright rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def between(start: Point, end: Point, share: float) -> Point:
    """Give the point that lies ``share`` of the way from start to end."""
    return (1 - share) * start[0] + share * end[0], (1 - share) * start[1] + share * end[1]


def symmetric(points: Sequence[Point]) -> list[Point]:
    """Give the outline whose right half is given from top to bottom, mirrored at x = 0."""
    return [*points, *((-x, y) for x, y in reversed(points))]


def polygon(*polygons: Sequence[Point]) -> Shape:
    """Give the union of polygons."""
    return Shape(polygons=[list(points) for points in polygons])


def path(points: Sequence[Point], *widths: float) -> Shape:
    """Round-ended strokes along ``points``, each of its own width (or all of the only one)."""
    pairs = list(zip(points, points[1:], strict=False))
    each = widths if len(widths) == len(pairs) else widths[:1] * len(pairs)
    return Shape(strokes=[(a, b, w) for (a, b), w in zip(pairs, each, strict=True)])


def limb(joints: Sequence[Point], widths: Sequence[float]) -> Shape:
    """Give a tapered limb through the joints, ``widths[i]`` wide at joint i, with round ends."""
    knots = np.asarray(joints, dtype=np.float64)
    steps = np.gradient(knots, axis=0)
    normals = np.stack([-steps[:, 1], steps[:, 0]], axis=1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    half = normals * np.asarray(widths)[:, None] / 2
    outline = np.concatenate([knots + half, (knots - half)[::-1]])
    return Shape(
        polygons=[[(float(x), float(y)) for x, y in outline]],
        strokes=[(joint, joint, width) for joint, width in zip(joints, widths, strict=True)],
    )
