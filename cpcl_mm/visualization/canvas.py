"""What the sheets are drawn with: fonts, colors, wrapped text and image tiles."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from statistics import median

import matplotlib
from PIL import Image, ImageDraw, ImageFont, ImageOps

from cpcl_mm.utils.image_file import open_image, read_image, upright_size

INK = '#1f2328'
MUTED = '#59636e'
RULE = '#d8dee4'
PAPER = '#ffffff'
BACKING = '#eef1f4'
"""Behind images that do not fill their tile."""

MISSING = '#c9ced6'
"""Instead of images that cannot be read."""

LINE_SPACING = 1.4
"""Line height in font sizes."""

Corner = tuple[int, int]


@lru_cache
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Load DejaVu Sans from matplotlib, which brings it along: every machine draws the same.

    Args:
        size (int): Font size in pixels.
        bold (bool): Defaults to False.

    Returns:
        ImageFont.FreeTypeFont: The font.
    """
    name = 'DejaVuSans-Bold.ttf' if bold else 'DejaVuSans.ttf'
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), 'fonts', 'ttf', name)), size)


def line_height(typeface: ImageFont.FreeTypeFont) -> int:
    """Distance between two lines of a font, in pixels."""
    return round(LINE_SPACING * typeface.size)


def wrap(text: str, typeface: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Break a text into lines that fit a width.

    Args:
        text (str): Any text; a run of white space counts as one space.
        typeface (ImageFont.FreeTypeFont): The font of the text.
        width (float): Width of a line in pixels.

    Returns:
        list[str]: The lines; none for an empty text. A word wider than a line is broken.
    """
    lines: list[str] = []
    line = ''
    for word in text.split():
        extended = f'{line} {word}' if line else word
        if typeface.getlength(extended) <= width:
            line = extended
            continue
        *heads, tail = _pieces(word, typeface, width)
        lines += [line, *heads] if line else heads
        line = tail
    return [*lines, line] if line else lines


def _pieces(word: str, typeface: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Cut a word into pieces that fit a width, of one letter at least."""
    pieces = [word[0]]
    for letter in word[1:]:
        if typeface.getlength(pieces[-1] + letter) <= width:
            pieces[-1] += letter
        else:
            pieces.append(letter)
    return pieces


def draw_lines(
    draw: ImageDraw.ImageDraw,
    corner: Corner,
    lines: Sequence[str],
    typeface: ImageFont.FreeTypeFont,
    color: str = INK,
) -> int:
    """Draw lines of text below each other.

    Args:
        draw (ImageDraw.ImageDraw): Where to draw.
        corner (tuple[int, int]): Left and top of the text.
        lines (Sequence[str]): The lines.
        typeface (ImageFont.FreeTypeFont): The font.
        color (str): Defaults to INK.

    Returns:
        int: The y below the text.
    """
    left, top = corner
    for line in lines:
        draw.text((left, top), line, fill=color, font=typeface)
        top += line_height(typeface)
    return top


def load_tile(path: str, size: tuple[int, int]) -> Image.Image:
    """Read an image and fit it, whole and centered, into a tile.

    Args:
        path (str): An image file.
        size (tuple[int, int]): Width and height of the tile in pixels.

    Returns:
        Image.Image: The tile, RGB. Where the file cannot be read, a grey tile says so.
    """
    try:
        picture = ImageOps.contain(read_image(path), size)
    except ValueError:
        return _missing_tile(path, size)
    return ImageOps.pad(picture, size, color=BACKING)


def _missing_tile(path: str, size: tuple[int, int]) -> Image.Image:
    """Give a grey tile with the name of the file that could not be read."""
    tile = Image.new('RGB', size, MISSING)
    typeface, margin = font(11), 6
    name = wrap(Path(path).name, typeface, size[0] - 2 * margin)
    # In the lower half, where no badge of a sheet covers it.
    corner = (margin, size[1] // 2)
    draw_lines(ImageDraw.Draw(tile), corner, ['not readable:', *name], typeface)
    return tile


def tile_height(paths: Sequence[str], width: int, sample: int = 50) -> int:
    """Choose the height of tiles of a width, so that most images fill them.

    Args:
        paths (Sequence[str]): Image files.
        width (int): Width of a tile in pixels.
        sample (int): How many of the files to look at. Defaults to 50.

    Returns:
        int: Height in pixels for the median aspect, between 1 and 3 widths; 2 if none is readable.
    """
    aspects = [aspect for path in paths[:sample] if (aspect := _aspect(path))]
    return round(width * min(3.0, max(1.0, median(aspects or [2.0]))))


def _aspect(path: str) -> float | None:
    """Height over width of an image file; None if it cannot be read."""
    try:
        with open_image(path) as image:
            width, height = upright_size(image)
            return height / width
    except ValueError:
        return None


def stack(strips: Sequence[Image.Image]) -> Image.Image:
    """Put strips of one width below each other.

    Args:
        strips (Sequence[Image.Image]): RGB images.

    Returns:
        Image.Image: One image.
    """
    sheet = Image.new('RGB', (strips[0].width, sum(strip.height for strip in strips)), PAPER)
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    return sheet
