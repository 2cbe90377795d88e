"""A camera's nuisance: everything about an image that says nothing of who is in it."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from .canvas import SUPERSAMPLING, Canvas, Frame
from .pose import Pose, sample_pose
from .scene import draw_background, draw_occluder, draw_shadow
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
