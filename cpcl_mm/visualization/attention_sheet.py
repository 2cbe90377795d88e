"""A picture of where an image is near to sentences: a heat map for each."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from PIL import Image, ImageOps

from cpcl_mm.utils.image_file import to_rgb

from .canvas import MARGIN, MUTED, PAPER, beside, font, legible, stack, wrap, write

GAP = 24
TILE_WIDTH = 200
MAX_ASPECT = 3.0
COLORS = 'turbo'
OPACITY = 0.55  # Of the heat: the person stays visible below.


@dataclass(frozen=True)
class AttentionMap:
    """How near the patches of an image are to a sentence."""

    text: str
    values: np.ndarray  # a score for each patch, (rows, columns)
    score: float  # cosine of the whole image and the sentence


def draw_attention_sheet(
    image: Image.Image, maps: Sequence[AttentionMap], title: str = 'Patches near the sentence'
) -> Image.Image:
    """Draw an image, and beside it a column for each sentence with its heat map.

    The colors of a map go from its lowest score, blue, to its highest, red; both are written
    below. Between the centers of patches they are interpolated.

    Args:
        image (Image.Image): The image, whole, as the model saw it before resizing.
        maps (Sequence[AttentionMap]): One a sentence.
        title (str): Heading.

    Returns:
        Image.Image: The sheet, RGB.

    Raises:
        ValueError: If there is no map.
    """
    if not maps:
        raise ValueError('Nothing to draw: there is no sentence.')
    aspect = min(MAX_ASPECT, image.height / image.width)
    photo = to_rgb(image).resize((TILE_WIDTH, max(1, round(TILE_WIDTH * aspect))))
    columns = [stack([photo, write('the image', font(14))], GAP // 2)]
    for found in maps:
        text, typeface = legible(f'“{found.text}”', font(14))
        sentence = write(wrap(text, typeface, TILE_WIDTH), typeface)
        below = stack([sentence, write(_legend(found), font(12), MUTED)])
        columns.append(stack([blend(photo, found.values), below], GAP // 2, TILE_WIDTH))
    heading = write(title, font(22, bold=True))
    return ImageOps.expand(stack([heading, beside(columns, GAP)], MARGIN), MARGIN, PAPER)


def blend(photo: Image.Image, values: np.ndarray) -> Image.Image:
    """Lay a heat map of finite scores, (rows, columns), over an RGB image."""
    low, high = float(values.min()), float(values.max())
    # Where all patches are alike, none stands out.
    shares = (values - low) / (high - low) if high > low else np.zeros_like(values)
    grid = Image.fromarray(np.ascontiguousarray(shares, dtype=np.float32))
    heat = np.asarray(grid.resize(photo.size, Image.Resampling.BILINEAR))
    colors = matplotlib.colormaps[COLORS](heat)[..., :3]
    return Image.blend(photo, Image.fromarray(np.uint8(255 * colors)), OPACITY)


def _legend(found: AttentionMap) -> list[str]:
    low, high = found.values.min(), found.values.max()
    return [f'blue {low:.3f}, red {high:.3f}', f'whole image {found.score:.3f}']
