"""How an image is taken: everything about it that says nothing of who is in it."""

import colorsys
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .canvas import (
    SUPERSAMPLING,
    Canvas,
    Color,
    Frame,
    Paint,
    box,
    ellipse,
    mixed,
    path,
    polygon,
    scaled,
)
from .figure import Pose, sample_pose
from .settings import SyntheticSettings

HIGH_OCCLUDERS = ('pole', 'leaves')
LOW_OCCLUDERS = ('bench', 'bush', 'wall')
PERSON_HEIGHT = 0.84
GAMMA_RANGE = 1.6
SENSOR_NOISE = 2.0


@dataclass(frozen=True)
class Shot:
    """How one image is taken.

    Attributes:
        pose: View and moment of the walk.
        mirrored: Whether left and right are swapped.
        scale: Size of the person, 1 on average.
        shift_x: Offset of the person to the right, as a share of the width.
        shift_y: Offset downwards, as a share of the height.
        gamma: Exponent of the brightness; above 1 is darker. Unlike a factor it clips nothing.
        cast: Factor of red, green and blue, 1 for the strongest.
        blur: Radius of the Gaussian blur as a share of the height.
        occluder: Kind of the object before the person, or None.
        occluder_x: Where it stands, from -1 (left) to 1.
        seed: Seed of background and noise.
    """

    pose: Pose
    mirrored: bool
    scale: float
    shift_x: float
    shift_y: float
    gamma: float
    cast: tuple[float, float, float]
    blur: float
    occluder: str | None
    occluder_x: float
    seed: int

    @property
    def hides_shoes(self) -> bool:
        """Whether something low stands before the feet."""
        return self.occluder in LOW_OCCLUDERS


def sample_shot(settings: SyntheticSettings, rng: np.random.Generator) -> Shot:
    """Give a random shot within the limits that the settings give."""
    cast = 1 + settings.color_cast * rng.uniform(-1, 1, size=3)
    red, green, blue = (float(channel) for channel in cast / cast.max())
    occluded = rng.random() < settings.occlusion
    return Shot(
        pose=sample_pose(rng, settings.back_view, settings.side_view),
        mirrored=bool(rng.random() < 0.5),
        scale=float(1 + settings.scale * rng.uniform(-1, 0.5)),
        shift_x=float(0.12 * settings.shift * rng.uniform(-1, 1)),
        shift_y=float(0.04 * settings.shift * rng.uniform(-1, 1)),
        gamma=float(np.exp(GAMMA_RANGE * settings.light * rng.uniform(-1, 1))),
        cast=(red, green, blue),
        blur=float(0.02 * settings.blur * rng.random() ** 2),  # most images are sharp
        occluder=str(rng.choice([*HIGH_OCCLUDERS, *LOW_OCCLUDERS])) if occluded else None,
        occluder_x=float(rng.uniform(-1, 1)),
        seed=int(rng.integers(2**32)),
    )


def open_scene(settings: SyntheticSettings, shot: Shot) -> Canvas:
    """Give a supersampled image with background and shadow, ready for the person to be drawn on."""
    height, width = SUPERSAMPLING * settings.height, SUPERSAMPLING * settings.width
    image = Image.new('RGB', (width, height))
    rng = np.random.default_rng([shot.seed, 0])
    draw_background(
        Canvas(image, Frame(height, width / 2)),
        settings.background_saturation,
        settings.clutter,
        rng,
    )
    scale = height * PERSON_HEIGHT * shot.scale
    top = height * (0.97 + shot.shift_y) - scale
    canvas = Canvas(image, Frame(scale, width * (0.5 + shot.shift_x), top, shot.mirrored))
    draw_shadow(canvas)
    return canvas


def take_picture(canvas: Canvas, settings: SyntheticSettings, shot: Shot) -> Image.Image:
    """Add the occluder, reduce the image to its final size and apply the camera's defects.

    Returns:
        RGB image of ``settings.width`` x ``settings.height`` pixels.
    """
    rng = np.random.default_rng([shot.seed, 1])
    if shot.occluder is not None:
        draw_occluder(canvas, shot.occluder, shot.occluder_x, rng)
    small = canvas.image.reduce(SUPERSAMPLING)
    small = small.filter(ImageFilter.GaussianBlur(shot.blur * settings.height))
    pixels = (np.asarray(small, dtype=np.float32) / 255) ** np.float32(shot.gamma)
    pixels *= 255 * np.array(shot.cast, dtype=np.float32)
    pixels += rng.normal(0, SENSOR_NOISE, size=pixels.shape).astype(np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _muted(saturation: float, rng: np.random.Generator, dark: float, bright: float) -> Color:
    """Give a color of any hue, at most as saturated as ``saturation``."""
    rgb = colorsys.hsv_to_rgb(rng.random(), saturation * rng.random(), rng.uniform(dark, bright))
    red, green, blue = (round(255 * channel) for channel in rgb)
    return red, green, blue


def draw_background(
    canvas: Canvas, saturation: float, clutter: int, rng: np.random.Generator
) -> None:
    """Wall, pavement and up to ``clutter`` objects.

    Args:
        canvas: Its frame's unit is the height of the image; x = 0 is the middle.
        saturation: Most colorful a background color may be, 0 to 1.
        clutter: Most objects that are drawn.
        rng: Source of randomness.
    """
    horizon = float(rng.uniform(0.62, 0.84))
    edge = 0.5 * canvas.image.width / canvas.frame.scale + 0.02
    wall, floor = _muted(saturation, rng, 0.55, 0.9), _muted(saturation, rng, 0.45, 0.8)
    _fill(canvas, box(-edge, -0.02, edge, 1.02), wall, 0.15)
    for _ in range(int(rng.integers(clutter + 1))):
        draw = _OBJECTS[rng.integers(len(_OBJECTS))]
        draw(
            canvas,
            float(rng.uniform(-edge, edge)),
            horizon,
            _muted(saturation, rng, 0.3, 0.95),
            rng,
        )
    _fill(canvas, box(-edge, horizon, edge, 1.02), floor, 0.1)
    joints = path([(-edge, horizon), (edge, horizon)], 0.012)
    canvas.paint(joints, Paint(scaled(floor, 0.75), outline=0.0))
    if rng.random() < 0.6:
        _paving(canvas, edge, horizon, scaled(floor, 0.88))


def _fill(canvas: Canvas, outline: list[tuple[float, float]], color: Color, shading: float) -> None:
    canvas.paint(polygon(outline), Paint(color, shading=shading, outline=0.0))


def _paving(canvas: Canvas, edge: float, horizon: float, color: Color) -> None:
    """Give the joints of paving stones, running together at the horizon."""
    for x in np.linspace(-3, 3, 9):
        line = path([(0.25 * float(x) * edge, horizon), (float(x) * edge, 1.02)], 0.006)
        canvas.paint(line, Paint(color, shading=0.0, outline=0.0))
    for share in (0.25, 0.6):
        y = horizon + share * (1.02 - horizon)
        canvas.paint(path([(-edge, y), (edge, y)], 0.006), Paint(color, shading=0.0, outline=0.0))


def _window(
    canvas: Canvas, x: float, horizon: float, color: Color, rng: np.random.Generator
) -> None:
    y, half = float(rng.uniform(0.05, 0.4)), float(rng.uniform(0.05, 0.1))
    pane = box(x - half, y, x + half, y + 2.4 * half)
    canvas.paint(polygon(pane), Paint(color, outline=0.012))
    bar = path([(x, y), (x, y + 2.4 * half)], 0.01)
    canvas.paint(bar, Paint(scaled(color, 0.62), outline=0.0))


def _door(canvas: Canvas, x: float, horizon: float, color: Color, rng: np.random.Generator) -> None:
    half, top = float(rng.uniform(0.07, 0.12)), horizon - float(rng.uniform(0.4, 0.6))
    canvas.paint(polygon(box(x - half, top, x + half, horizon)), Paint(color, outline=0.01))
    knob = path([(x + 0.7 * half, (top + horizon) / 2)] * 2, 0.02)
    canvas.paint(knob, Paint(scaled(color, 0.5), outline=0.0))


def _tree(canvas: Canvas, x: float, horizon: float, color: Color, rng: np.random.Generator) -> None:
    trunk = path([(x, horizon), (x, 0.3)], 0.035)
    canvas.paint(trunk, Paint(mixed(color, (84, 64, 48), 0.6)))
    crown = [
        ellipse(x + float(dx), float(y), 0.09, 0.09)
        for dx, y in zip(rng.uniform(-0.07, 0.07, 4), rng.uniform(0.1, 0.32, 4), strict=True)
    ]
    canvas.paint(polygon(*crown), Paint(mixed(color, (88, 124, 84), 0.7)))


def _lamp(canvas: Canvas, x: float, horizon: float, color: Color, rng: np.random.Generator) -> None:
    top = float(rng.uniform(0.04, 0.2))
    canvas.paint(path([(x, horizon), (x, top)], 0.018), Paint(scaled(color, 0.7)))
    canvas.paint(polygon(ellipse(x, top, 0.04, 0.025)), Paint(scaled(color, 1.2)))


def _crate(
    canvas: Canvas, x: float, horizon: float, color: Color, rng: np.random.Generator
) -> None:
    half, high = float(rng.uniform(0.05, 0.13)), float(rng.uniform(0.08, 0.25))
    crate = box(x - half, horizon - high, x + half, horizon)
    canvas.paint(polygon(crate), Paint(color, outline=0.01))


_OBJECTS = (_window, _door, _tree, _lamp, _crate)


def draw_shadow(canvas: Canvas) -> None:
    """Give a soft-edged dark ellipse under the person's feet."""
    height = canvas.image.height
    mask = Image.new('L', canvas.image.size)
    points = canvas.frame.pixels(ellipse(0.02, 0.975, 0.17, 0.026))
    ImageDraw.Draw(mask).polygon(points, fill=90)
    canvas.image.paste((30, 30, 36), (0, 0, canvas.image.width, height), mask)


def draw_occluder(canvas: Canvas, kind: str, x: float, rng: np.random.Generator) -> None:
    """Something before the person; ``x`` runs from -1 (left) to 1 (right)."""
    height = canvas.image.height
    place = Canvas(canvas.image, Frame(height, canvas.image.width / 2))
    _OCCLUDERS[kind](place, x, rng)


def _pole(canvas: Canvas, x: float, rng: np.random.Generator) -> None:
    column = 0.16 * x + (0.05 if x > 0 else -0.05)
    width = float(rng.uniform(0.03, 0.055))
    canvas.paint(path([(column, -0.05), (column, 1.05)], width), Paint((128, 132, 138)))


def _leaves(canvas: Canvas, x: float, rng: np.random.Generator) -> None:
    side = 1.0 if x > 0 else -1.0
    blobs = [
        ellipse(side * float(dx), float(y), 0.05, 0.04)
        for dx, y in zip(rng.uniform(0.14, 0.26, 9), rng.uniform(0.3, 0.75, 9), strict=True)
    ]
    canvas.paint(polygon(*blobs), Paint((82, 118, 74)))


def _bench(canvas: Canvas, x: float, rng: np.random.Generator) -> None:
    top = float(rng.uniform(0.8, 0.86))
    canvas.paint(polygon(box(-0.6, top, 0.6, 1.05)), Paint((58, 56, 54)))
    for leg in (-0.18, 0.18):
        canvas.paint(path([(leg, top), (leg, 1.05)], 0.026), Paint((74, 76, 82)))
    for y in (top, top + 0.05, top + 0.1):
        canvas.paint(polygon(box(-0.6, y, 0.6, y + 0.036)), Paint((146, 112, 78)))


def _bush(canvas: Canvas, x: float, rng: np.random.Generator) -> None:
    blobs = [
        ellipse(float(dx), float(y), 0.08, 0.07)
        for dx, y in zip(np.linspace(-0.3, 0.3, 9), rng.uniform(0.9, 0.94, 9), strict=True)
    ]
    canvas.paint(polygon(*blobs, box(-0.6, 0.93, 0.6, 1.05)), Paint((74, 112, 70)))


def _wall(canvas: Canvas, x: float, rng: np.random.Generator) -> None:
    top = float(rng.uniform(0.84, 0.88))
    brick, mortar = (150, 98, 80), (190, 176, 164)
    canvas.paint(polygon(box(-0.6, top, 0.6, 1.05)), Paint(mortar, pattern=_bricks, second=brick))
    canvas.paint(polygon(box(-0.6, top - 0.022, 0.6, top + 0.004)), Paint((176, 172, 168)))


def _bricks(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Where the bricks of a wall are; mortar lies between."""
    row = np.floor(y / 0.034)
    along = np.mod(x + 0.04 * np.mod(row, 2), 0.08)
    return (along > 0.008) & (np.mod(y, 0.034) > 0.008)


_OCCLUDERS = {'pole': _pole, 'leaves': _leaves, 'bench': _bench, 'bush': _bush, 'wall': _wall}
