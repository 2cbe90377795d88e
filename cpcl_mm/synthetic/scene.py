"""How an image is taken: everything about it that says nothing of who is in it."""

import colorsys
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from .canvas import SUPERSAMPLING, Canvas, Color, box, ellipse, mixed, polygon, scaled, stroke
from .figure import Pose, sample_pose
from .settings import SyntheticSettings

HIGH_OCCLUDERS = ('pole', 'leaves')
LOW_OCCLUDERS = ('bench', 'bush', 'wall')
PERSON_HEIGHT = 0.84
GAMMA_RANGE = 1.6
SENSOR_NOISE = 2.0


@dataclass(frozen=True)
class Shot:
    """How one image is taken."""

    pose: Pose
    mirrored: bool  # whether left and right are swapped
    scale: float  # size of the person, 1 on average
    shift_x: float  # offset of the person to the right, as a share of the width
    shift_y: float  # offset downwards, as a share of the height
    gamma: float  # exponent of the brightness; above 1 is darker. Unlike a factor it clips nothing
    cast: tuple[float, float, float]  # factor of red, green and blue, 1 for the strongest
    blur: float  # radius of the Gaussian blur as a share of the height
    occluder: str | None  # kind of the object before the person
    occluder_x: float  # where it stands, from -1 (left) to 1
    seed: int  # of background and noise

    @property
    def hides_shoes(self) -> bool:
        """Whether something low stands before the feet."""
        return self.occluder in LOW_OCCLUDERS


def sample_shot(settings: SyntheticSettings, rng: Generator) -> Shot:
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
    street = Canvas(image, height, width / 2)
    draw_background(street, settings.background_saturation, settings.clutter, rng)
    scale = height * PERSON_HEIGHT * shot.scale
    top = height * (0.97 + shot.shift_y) - scale
    canvas = Canvas(image, scale, width * (0.5 + shot.shift_x), top, shot.mirrored)
    draw_shadow(canvas)
    return canvas


def take_picture(canvas: Canvas, settings: SyntheticSettings, shot: Shot) -> Image.Image:
    """Add the occluder, reduce the image to its final size and apply the camera's defects."""
    rng = np.random.default_rng([shot.seed, 1])
    if shot.occluder is not None:
        draw_occluder(canvas, shot.occluder, shot.occluder_x, rng)
    small = canvas.image.reduce(SUPERSAMPLING)
    small = small.filter(ImageFilter.GaussianBlur(shot.blur * settings.height))
    pixels = (np.asarray(small, dtype=np.float32) / 255) ** np.float32(shot.gamma)
    pixels *= 255 * np.array(shot.cast, dtype=np.float32)
    pixels += rng.normal(0, SENSOR_NOISE, size=pixels.shape).astype(np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def muted(saturation: float, rng: Generator, dark: float, bright: float) -> Color:
    """Give a color of any hue, at most as saturated as ``saturation``."""
    rgb = colorsys.hsv_to_rgb(rng.random(), saturation * rng.random(), rng.uniform(dark, bright))
    red, green, blue = (round(255 * channel) for channel in rgb)
    return red, green, blue


def draw_background(canvas: Canvas, saturation: float, clutter: int, rng: Generator) -> None:
    """Wall, pavement and up to ``clutter`` objects; the canvas's unit is the image's height."""
    horizon = float(rng.uniform(0.62, 0.84))
    edge = 0.5 * canvas.image.width / canvas.scale + 0.02
    wall, floor = muted(saturation, rng, 0.55, 0.9), muted(saturation, rng, 0.45, 0.8)
    canvas.paint(polygon(box(-edge, -0.02, edge, 1.02)), wall, shading=0.15, outline=0.0)
    for _ in range(int(rng.integers(clutter + 1))):
        draw = _OBJECTS[rng.integers(len(_OBJECTS))]
        x = float(rng.uniform(-edge, edge))
        draw(canvas, x, horizon, muted(saturation, rng, 0.3, 0.95), rng)
    canvas.paint(polygon(box(-edge, horizon, edge, 1.02)), floor, shading=0.1, outline=0.0)
    canvas.paint(stroke([(-edge, horizon), (edge, horizon)], 0.012), scaled(floor, 0.75), outline=0)
    if rng.random() < 0.6:
        _paving(canvas, edge, horizon, scaled(floor, 0.88))


def _paving(canvas: Canvas, edge: float, horizon: float, color: Color) -> None:
    """Give the joints of paving stones, running together at the horizon."""
    for x in np.linspace(-3, 3, 9):
        canvas.line([(0.25 * x * edge, horizon), (x * edge, 1.02)], 0.006, color)
    for share in (0.25, 0.6):
        y = horizon + share * (1.02 - horizon)
        canvas.line([(-edge, y), (edge, y)], 0.006, color)


def _blobs(x: np.ndarray, y: np.ndarray, radius_x: float, radius_y: float) -> list[np.ndarray]:
    return [ellipse(*center, radius_x, radius_y) for center in zip(x, y, strict=True)]


def _window(canvas: Canvas, x: float, horizon: float, color: Color, rng: Generator) -> None:
    y, half = float(rng.uniform(0.05, 0.4)), float(rng.uniform(0.05, 0.1))
    canvas.paint(polygon(box(x - half, y, x + half, y + 2.4 * half)), color, outline=0.012)
    canvas.paint(stroke([(x, y), (x, y + 2.4 * half)], 0.01), scaled(color, 0.62), outline=0)


def _door(canvas: Canvas, x: float, horizon: float, color: Color, rng: Generator) -> None:
    half, top = float(rng.uniform(0.07, 0.12)), horizon - float(rng.uniform(0.4, 0.6))
    canvas.paint(polygon(box(x - half, top, x + half, horizon)), color, outline=0.01)
    knob = stroke([(x + 0.7 * half, (top + horizon) / 2)], 0.02)
    canvas.paint(knob, scaled(color, 0.5), outline=0)


def _tree(canvas: Canvas, x: float, horizon: float, color: Color, rng: Generator) -> None:
    canvas.paint(stroke([(x, horizon), (x, 0.3)], 0.035), mixed(color, (84, 64, 48), 0.6))
    crown = _blobs(x + rng.uniform(-0.07, 0.07, 4), rng.uniform(0.1, 0.32, 4), 0.09, 0.09)
    canvas.paint(polygon(*crown), mixed(color, (88, 124, 84), 0.7))


def _lamp(canvas: Canvas, x: float, horizon: float, color: Color, rng: Generator) -> None:
    top = float(rng.uniform(0.04, 0.2))
    canvas.paint(stroke([(x, horizon), (x, top)], 0.018), scaled(color, 0.7))
    canvas.paint(polygon(ellipse(x, top, 0.04, 0.025)), scaled(color, 1.2))


def _crate(canvas: Canvas, x: float, horizon: float, color: Color, rng: Generator) -> None:
    half, high = float(rng.uniform(0.05, 0.13)), float(rng.uniform(0.08, 0.25))
    canvas.paint(polygon(box(x - half, horizon - high, x + half, horizon)), color, outline=0.01)


_OBJECTS = (_window, _door, _tree, _lamp, _crate)


def draw_shadow(canvas: Canvas) -> None:
    """Give a soft-edged dark ellipse under the person's feet."""
    mask = Image.new('L', canvas.image.size)
    knots = canvas.pixels(ellipse(0.02, 0.975, 0.17, 0.026))
    ImageDraw.Draw(mask).polygon(knots.ravel().tolist(), fill=90)
    canvas.image.paste((30, 30, 36), (0, 0), mask)


def draw_occluder(canvas: Canvas, kind: str, x: float, rng: Generator) -> None:
    """Something before the person; ``x`` runs from -1 (left) to 1 (right)."""
    image = canvas.image
    _OCCLUDERS[kind](Canvas(image, image.height, image.width / 2), x, rng)


def _pole(canvas: Canvas, x: float, rng: Generator) -> None:
    column = 0.16 * x + (0.05 if x > 0 else -0.05)
    width = float(rng.uniform(0.03, 0.055))
    canvas.paint(stroke([(column, -0.05), (column, 1.05)], width), (128, 132, 138))


def _leaves(canvas: Canvas, x: float, rng: Generator) -> None:
    side = 1 if x > 0 else -1
    leaves = _blobs(side * rng.uniform(0.14, 0.26, 9), rng.uniform(0.3, 0.75, 9), 0.05, 0.04)
    canvas.paint(polygon(*leaves), (82, 118, 74))


def _bench(canvas: Canvas, x: float, rng: Generator) -> None:
    top = float(rng.uniform(0.8, 0.86))
    canvas.paint(polygon(box(-0.6, top, 0.6, 1.05)), (58, 56, 54))
    for leg in (-0.18, 0.18):
        canvas.paint(stroke([(leg, top), (leg, 1.05)], 0.026), (74, 76, 82))
    for y in (top, top + 0.05, top + 0.1):
        canvas.paint(polygon(box(-0.6, y, 0.6, y + 0.036)), (146, 112, 78))


def _bush(canvas: Canvas, x: float, rng: Generator) -> None:
    twigs = _blobs(np.linspace(-0.3, 0.3, 9), rng.uniform(0.9, 0.94, 9), 0.08, 0.07)
    canvas.paint(polygon(*twigs, box(-0.6, 0.93, 0.6, 1.05)), (74, 112, 70))


def _wall(canvas: Canvas, x: float, rng: Generator) -> None:
    top = float(rng.uniform(0.84, 0.88))
    mortar, brick = (190, 176, 164), (150, 98, 80)
    canvas.paint(polygon(box(-0.6, top, 0.6, 1.05)), mortar, pattern=_bricks, second=brick)
    canvas.paint(polygon(box(-0.6, top - 0.022, 0.6, top + 0.004)), (176, 172, 168))


def _bricks(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Where the bricks of a wall are; mortar lies between."""
    row = np.floor(y / 0.034)
    along = np.mod(x + 0.04 * np.mod(row, 2), 0.08)
    return (along > 0.008) & (np.mod(y, 0.034) > 0.008)


_OCCLUDERS = {'pole': _pole, 'leaves': _leaves, 'bench': _bench, 'bush': _bush, 'wall': _wall}
