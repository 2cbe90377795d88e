"""A picture of where an image is near to sentences: a heat map for each."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from PIL import Image, ImageDraw

from cpcl_mm.utils.image_file import to_rgb

from .canvas import INK, MUTED, PAPER, draw_lines, font, line_height, wrap

MARGIN = 28
GAP = 24
TILE_WIDTH = 200
MIN_WIDTH = 640
MAX_ASPECT = 3.0
COLORS = 'turbo'
OPACITY = 0.55
"""Of the heat: the person stays visible below."""


@dataclass(frozen=True)
class AttentionMap:
    """How near the patches of an image are to a sentence.

    Attributes:
        text (str): The sentence.
        values (np.ndarray): A score for each patch, (rows, columns).
        score (float): Cosine of the whole image and the sentence.
    """

    text: str
    values: np.ndarray
    score: float


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
    columns = [_draw_column(photo, 'the image', [])]
    columns += [
        _draw_column(blend(photo, found.values), f'“{found.text}”', _legend(found))
        for found in maps
    ]
    return _side_by_side(columns, title)


def _side_by_side(columns: Sequence[Image.Image], title: str) -> Image.Image:
    """Put columns below a heading."""
    top = 2 * MARGIN + line_height(font(22))
    width = max(MIN_WIDTH, 2 * MARGIN + len(columns) * (TILE_WIDTH + GAP) - GAP)
    height = top + max(column.height for column in columns) + MARGIN
    sheet = Image.new('RGB', (width, height), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN, MARGIN), title, fill=INK, font=font(22, bold=True))
    for number, column in enumerate(columns):
        sheet.paste(column, (MARGIN + number * (TILE_WIDTH + GAP), top))
    return sheet


def _draw_column(picture: Image.Image, text: str, legend: Sequence[str]) -> Image.Image:
    """Give a picture, and below it a sentence and its scores."""
    sentence = wrap(text, font(14), TILE_WIDTH)
    below = len(sentence) * line_height(font(14)) + len(legend) * line_height(font(12))
    column = Image.new('RGB', (TILE_WIDTH, picture.height + GAP // 2 + below), PAPER)
    column.paste(picture, (0, 0))
    draw = ImageDraw.Draw(column)
    bottom = draw_lines(draw, (0, picture.height + GAP // 2), sentence, font(14))
    draw_lines(draw, (0, bottom), legend, font(12), MUTED)
    return column


def blend(photo: Image.Image, values: np.ndarray) -> Image.Image:
    """Lay a heat map over an image.

    Args:
        photo (Image.Image): RGB.
        values (np.ndarray): Finite scores, (rows, columns).

    Returns:
        Image.Image: RGB, of the same size.
    """
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
