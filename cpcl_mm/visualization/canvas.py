"""What the sheets are made of: text, tiles and marks as images, put below and beside each other."""

from collections.abc import Sequence
from functools import cache, lru_cache
from math import ceil
from pathlib import Path
from statistics import median

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from PIL import Image, ImageDraw, ImageFont, ImageOps

from cpcl_mm.utils.image_file import open_image, read_image, upright_size

INK = '#1f2328'
MUTED = '#59636e'
RULE = '#d8dee4'
PAPER = '#ffffff'
RIGHT = '#1a7f37'
WRONG = '#cf222e'
UNKNOWN = '#afb8c1'
BACKING = '#eef1f4'  # Behind images that do not fill their tile.
MISSING = '#c9ced6'  # Instead of images that cannot be read.

MARGIN = 28
LINE_SPACING = 1.4  # Line height in font sizes.

Font = ImageFont.FreeTypeFont


@lru_cache
def font(size: int, bold: bool = False) -> Font:
    """Load DejaVu Sans from matplotlib, which brings it along: every machine draws the same."""
    name = 'DejaVuSans-Bold.ttf' if bold else 'DejaVuSans.ttf'
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), 'fonts', 'ttf', name)), size)


def legible(text: str, typeface: Font) -> tuple[str, Font]:
    """Find a font that has the letters of a text.

    Args:
        text (str): Of any script.
        typeface (Font): Taken where it has them all.

    Returns:
        tuple[str, Font]: The text, and this font or else the one of the machine that has most of
        its letters. Letters that it lacks, which would be boxes, are left out; the text ends
        with their number.
    """
    own = Path(str(typeface.path))
    if not _lacking(text, own):
        return text, typeface
    best = min((own, *_fonts_of_the_machine()), key=lambda file: len(_lacking(text, file)))
    chosen = typeface if best == own else ImageFont.truetype(str(best), round(typeface.size))
    lacking = _lacking(text, best)
    if not lacking:
        return text, chosen
    drawn = [letter for letter in text if letter not in lacking]
    number = len(text) - len(drawn)
    return f'{"".join(drawn)} [signs without a font on this machine: {number}]', chosen


def _lacking(text: str, file: Path) -> set[str]:
    """Give the letters of a text that a font has no picture of."""
    letters = sorted({letter for letter in text if not letter.isspace()})
    known = np.isin([ord(letter) for letter in letters], _letters(file))
    return {letter for letter, is_known in zip(letters, known, strict=True) if not is_known}


@cache
def _letters(file: Path) -> np.ndarray:
    """Give the code points that a font file has pictures of."""
    try:
        return np.fromiter(FT2Font(str(file)).get_charmap(), np.int32)
    # The list of fonts is a cache of matplotlib's: a file may be gone, or be none.
    except (OSError, RuntimeError):
        return np.empty(0, np.int32)


@lru_cache(maxsize=1)
def _fonts_of_the_machine() -> tuple[Path, ...]:
    """List upright fonts of usual weight, in the order of their names."""
    entries = [
        e for e in font_manager.fontManager.ttflist if (e.style, e.weight) == ('normal', 400)
    ]
    # One of matplotlib's has a box for everything.
    files = {Path(e.fname) for e in entries if not e.name.startswith('Last Resort')}
    return tuple(sorted(files))


def wrap(text: str, typeface: Font, width: float) -> list[str]:
    """Break a text into lines that fit a width in pixels; a word wider than a line is broken."""
    lines: list[str] = []
    line = ''
    for word in text.split():
        extended = f'{line} {word}' if line else word
        if typeface.getlength(extended) <= width:
            line = extended
            continue
        lines += [line] if line else []
        line = ''
        for letter in word:
            if line and typeface.getlength(line + letter) > width:
                lines.append(line)
                line = ''
            line += letter
    return [*lines, line] if line else lines


def write(lines: str | Sequence[str], typeface: Font, color: str = INK) -> Image.Image:
    """Write a line, or lines below each other, on paper of their size."""
    lines = [lines] if isinstance(lines, str) else lines
    step = round(LINE_SPACING * typeface.size)
    width = ceil(max((typeface.getlength(line) for line in lines), default=0))
    paper = Image.new('RGB', (width, step * len(lines)), PAPER)
    for row, line in enumerate(lines):
        ImageDraw.Draw(paper).text((0, row * step), line, fill=color, font=typeface)
    return paper


def stack(images: Sequence[Image.Image], gap: int = 0, width: int = 0) -> Image.Image:
    """Put images below each other, flush left, on paper that is at least so wide."""
    height = sum(image.height for image in images) + gap * max(0, len(images) - 1)
    paper = Image.new('RGB', (max([width, *(i.width for i in images)]), height), PAPER)
    top = 0
    for image in images:
        paste(paper, image, (0, top))
        top += image.height + gap
    return paper


def beside(images: Sequence[Image.Image], gap: int, in_line: bool = False) -> Image.Image:
    """Put images side by side, flush on top or, in a line, at half of their heights."""
    width = sum(image.width for image in images) + gap * (len(images) - 1)
    height = max(image.height for image in images)
    paper = Image.new('RGB', (width, height), PAPER)
    left = 0
    for image in images:
        paste(paper, image, (left, (height - image.height) // 2 if in_line else 0))
        left += image.width + gap
    return paper


def paste(paper: Image.Image, image: Image.Image, corner: tuple[int, int]) -> None:
    """Paste an image, through its alpha channel if it has one."""
    paper.paste(image, corner, image if image.mode == 'RGBA' else None)


def page(heading: Image.Image, rows: Sequence[Image.Image], padding: int) -> Image.Image:
    """Put rows below a heading, with a rule above each and margins around all."""
    parts = [ImageOps.expand(heading, (0, MARGIN - 6, 0, padding // 2), PAPER)]
    width = max(image.width for image in (heading, *rows))
    for row in rows:
        part = stack([ImageOps.expand(row, (0, padding), PAPER)], width=width)
        ImageDraw.Draw(part).line([(0, 0), (width, 0)], fill=RULE)
        parts.append(part)
    return ImageOps.expand(stack(parts), (MARGIN, 0), PAPER)


@lru_cache
def pill(text: str, color: str, height: int, radius: int) -> Image.Image:
    """Give white words, or one sign, on a colored ground, scaled down for smooth edges."""
    is_sign = len(text) == 1
    typeface = font(round((0.8 if is_sign else 0.62) * height), bold=True)
    size = (height if is_sign else round(typeface.getlength(text)) + 14, height)
    mask = Image.new('L', (4 * size[0], 4 * size[1]))
    box = [0, 0, mask.width - 1, mask.height - 1]
    ImageDraw.Draw(mask).rounded_rectangle(box, 4 * radius, fill=255)
    mark = Image.new('RGBA', size, color)
    mark.putalpha(mask.resize(size, Image.Resampling.LANCZOS))
    middle = (size[0] / 2, size[1] / 2)
    ImageDraw.Draw(mark).text(middle, text, fill=PAPER, font=typeface, anchor='mm')
    return mark


def load_tile(path: str, size: tuple[int, int]) -> Image.Image:
    """Read an image and fit it, whole and centered, into a tile; a grey one says that it cannot."""
    try:
        return ImageOps.pad(ImageOps.contain(read_image(path), size), size, color=BACKING)
    except ValueError:
        tile = Image.new('RGB', size, MISSING)
        lines = ['not readable:', *wrap(Path(path).name, font(11), size[0] - 12)]
        # In the lower half, where no mark of a sheet covers it.
        corner = (6, size[1] // 2)
        ImageDraw.Draw(tile).multiline_text(corner, '\n'.join(lines), fill=INK, font=font(11))
        return tile


def tile_height(paths: Sequence[str], width: int, sample: int = 50) -> int:
    """Choose the height of tiles of a width, so that most images fill them.

    It is that of the median aspect, from 1 to 3 widths, or 2 if no image can be read.
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
