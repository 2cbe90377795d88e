"""A picture of ranked results: queries in rows, their best images in columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from cpcl_mm.evaluation import RankedQuery

from .canvas import (
    INK,
    MUTED,
    PAPER,
    RULE,
    Corner,
    draw_lines,
    font,
    line_height,
    load_tile,
    stack,
    tile_height,
    wrap,
)

RIGHT = '#1a7f37'
WRONG = '#cf222e'
UNKNOWN = '#afb8c1'
REFERENCE = '#0969da'

MARGIN = 28
TILE_WIDTH = 100
FRAME = 4
GAP = 10
REFERENCE_GAP = 40
"""Between the reference image and the ranked ones."""

ROW_PADDING = 20
BADGE = 24
MIN_WIDTH = 640


@dataclass(frozen=True)
class _Layout:
    """What all rows of a sheet have in common, in pixels."""

    columns: int
    has_reference: bool
    tile: tuple[int, int]

    @property
    def first_column(self) -> int:
        return MARGIN + (TILE_WIDTH + REFERENCE_GAP if self.has_reference else 0)

    @property
    def width(self) -> int:
        right = self.first_column + self.columns * (TILE_WIDTH + GAP) - GAP
        return max(MIN_WIDTH, right + MARGIN)


def draw_ranked_sheet(
    queries: Sequence[RankedQuery], topk: int = 10, title: str = 'Text to image, ranked results'
) -> Image.Image:
    """Draw ranked queries, one row each.

    A row holds the caption, the image that it was written for, and the best gallery images with
    rank and score. Right ones have a green frame and a check mark, wrong ones a red frame and a
    cross; frames are grey where identities are unknown.

    Args:
        queries (Sequence[RankedQuery]): What to draw.
        topk (int): Images to draw at most in a row. Defaults to 10.
        title (str): Heading of the sheet.

    Returns:
        Image.Image: The sheet, RGB; about 1,280 pixels wide with ten images in a row.

    Raises:
        ValueError: If there is nothing to draw.
    """
    if not queries or topk < 1:
        raise ValueError(f'Nothing to draw: the top {topk} of {len(queries)} queries.')
    paths = [path for query in queries for path in query.gallery_paths[:topk]]
    layout = _Layout(
        columns=min(topk, max(len(query.gallery_paths) for query in queries)),
        has_reference=any(query.image_path for query in queries),
        tile=(TILE_WIDTH, tile_height(paths, TILE_WIDTH - 2 * FRAME) + 2 * FRAME),
    )
    has_verdicts = any(verdict is not None for query in queries for verdict in query.is_match)
    header = _draw_header(title, layout, has_verdicts)
    return stack([header, *(_draw_row(query, layout) for query in queries)])


def _draw_header(title: str, layout: _Layout, has_legend: bool) -> Image.Image:
    """Give the title on the left, the legend of frames on the right."""
    strip = Image.new('RGB', (layout.width, 76), PAPER)
    draw = ImageDraw.Draw(strip)
    middle = 42
    draw.text((MARGIN, middle), title, fill=INK, font=font(24, bold=True), anchor='lm')
    left = layout.width - MARGIN
    for text, right in (('other person', False), ('same person', True)) if has_legend else ():
        left -= round(font(15).getlength(text))
        draw.text((left, middle), text, fill=MUTED, font=font(15), anchor='lm')
        left -= BADGE + 8
        _paste_badge(strip, (left, middle - BADGE // 2), right)
        left -= 24
    return strip


def _draw_row(query: RankedQuery, layout: _Layout) -> Image.Image:
    """One query: its caption, a summary line, and its images."""
    caption = wrap(f'“{query.caption}”', font(18), layout.width - 2 * MARGIN)
    text_height = len(caption) * line_height(font(18)) + line_height(font(14)) + GAP // 2
    height = text_height + GAP + layout.tile[1] + line_height(font(14)) + 2 * ROW_PADDING

    strip = Image.new('RGB', (layout.width, height), PAPER)
    draw = ImageDraw.Draw(strip)
    draw.line([(MARGIN, 0), (layout.width - MARGIN, 0)], fill=RULE)
    top = draw_lines(draw, (MARGIN, ROW_PADDING), caption, font(18)) + GAP // 2
    top = draw_lines(draw, (MARGIN, top), [_summary(query, layout)], font(14), MUTED) + GAP
    if query.image_path:
        _draw_reference(strip, (MARGIN, top), query.image_path, layout)
    for column in range(min(layout.columns, len(query.gallery_paths))):
        corner = (layout.first_column + column * (TILE_WIDTH + GAP), top)
        _draw_result(strip, corner, query, column, layout)
    return strip


def _summary(query: RankedQuery, layout: _Layout) -> str:
    """How well the drawn images answer a query, in words."""
    verdicts = query.is_match[: layout.columns]
    if query.identity < 0:
        return f'the best {len(verdicts)} images'
    found = f'identity {query.identity}  ·  {verdicts.count(True)} of the top {len(verdicts)} right'
    if True in verdicts:
        return f'{found}  ·  first at rank {verdicts.index(True) + 1}'
    return found


def _draw_reference(strip: Image.Image, corner: Corner, path: str, layout: _Layout) -> None:
    """Give the image that the caption was written for, set apart from the ranked ones."""
    draw = ImageDraw.Draw(strip)
    _draw_framed(strip, corner, path, REFERENCE, layout)
    left, bottom = corner[0], corner[1] + layout.tile[1]
    middle = left + TILE_WIDTH // 2
    draw.text((middle, bottom + 5), 'reference', fill=REFERENCE, font=font(14, True), anchor='mt')
    rule = left + TILE_WIDTH + REFERENCE_GAP // 2
    draw.line([(rule, corner[1]), (rule, bottom)], fill=RULE, width=2)


def _draw_result(
    strip: Image.Image, corner: Corner, query: RankedQuery, column: int, layout: _Layout
) -> None:
    """Give a gallery image with its verdict, rank and score."""
    right = query.is_match[column]
    color = UNKNOWN if right is None else RIGHT if right else WRONG
    _draw_framed(strip, corner, query.gallery_paths[column], color, layout)
    left, bottom = corner[0], corner[1] + layout.tile[1]
    if right is not None:
        _paste_badge(strip, (left + TILE_WIDTH - BADGE, corner[1]), right)
    draw = ImageDraw.Draw(strip)
    draw.text((left, bottom + 5), str(column + 1), fill=INK, font=font(14, True), anchor='lt')
    score = f'{query.scores[column]:.3f}'
    draw.text((left + TILE_WIDTH, bottom + 5), score, fill=MUTED, font=font(14), anchor='rt')


def _draw_framed(
    strip: Image.Image, corner: Corner, path: str, color: str, layout: _Layout
) -> None:
    """Give an image within a frame; both together have the size of a tile."""
    width, height = layout.tile
    left, top = corner
    draw = ImageDraw.Draw(strip)
    draw.rectangle([left, top, left + width - 1, top + height - 1], fill=color)
    picture = load_tile(path, (width - 2 * FRAME, height - 2 * FRAME))
    strip.paste(picture, (left + FRAME, top + FRAME))


def _paste_badge(strip: Image.Image, corner: Corner, right: bool) -> None:
    """Give a white check mark on a green disc, or a white cross on a red square."""
    badge = _badge(right)
    strip.paste(badge, corner, badge)


@lru_cache
def _badge(right: bool) -> Image.Image:
    """Draw a badge, four times as large and then scaled down for smooth edges."""
    size = 4 * BADGE
    badge = Image.new('RGBA', (size, size), (0, 0, 0, 0))
    draw = ImageDraw.Draw(badge)
    stroke, box = size // 9, [0, 0, size - 1, size - 1]
    if right:
        draw.ellipse(box, fill=RIGHT)
        check = [(0.27 * size, 0.52 * size), (0.44 * size, 0.69 * size), (0.75 * size, 0.33 * size)]
        draw.line(check, fill=PAPER, width=stroke, joint='curve')
    else:
        draw.rectangle(box, fill=WRONG)
        near, far = 0.3 * size, 0.7 * size
        draw.line([(near, near), (far, far)], fill=PAPER, width=stroke)
        draw.line([(near, far), (far, near)], fill=PAPER, width=stroke)
    return badge.resize((BADGE, BADGE), Image.Resampling.LANCZOS)
