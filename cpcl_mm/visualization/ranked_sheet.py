"""A picture of ranked results: queries in rows, their best images in columns."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageOps

from cpcl_mm.evaluation import RankedQuery

from .canvas import (
    MUTED,
    PAPER,
    RIGHT,
    RULE,
    UNKNOWN,
    WRONG,
    beside,
    font,
    legible,
    load_tile,
    page,
    paste,
    pill,
    stack,
    tile_height,
    wrap,
    write,
)

REFERENCE = '#0969da'
TILE_WIDTH = 100
FRAME = 4
GAP = 10
REFERENCE_GAP = 40  # Between the reference image and the ranked ones.
BADGE = 24
MIN_WIDTH = 584


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
    inner = TILE_WIDTH - 2 * FRAME
    tile = (inner, tile_height(paths, inner))
    columns = min(topk, max(len(query.gallery_paths) for query in queries))
    has_reference = any(query.image_path for query in queries)
    width = columns * (TILE_WIDTH + GAP) - GAP + (TILE_WIDTH + REFERENCE_GAP) * has_reference
    width = max(MIN_WIDTH, width)
    rows = [_draw_row(query, columns, tile, width, has_reference) for query in queries]
    has_verdicts = any(verdict is not None for query in queries for verdict in query.is_match)
    heading = stack([_draw_heading(title, width, has_verdicts)], width=width)
    return page(heading, rows, 2 * GAP)


def _draw_heading(title: str, width: int, has_legend: bool) -> Image.Image:
    """Give the title on the left, the legend of frames on the right."""
    parts = [write(title, font(24, bold=True))]
    if has_legend:
        legend = [
            beside([_badge(right), write(text, font(15), MUTED)], 8, in_line=True)
            for right, text in ((True, 'same person'), (False, 'other person'))
        ]
        parts.append(beside(legend, 24))
    return beside(parts, max(GAP, width - sum(part.width for part in parts)), in_line=True)


def _draw_row(
    query: RankedQuery, columns: int, tile: tuple[int, int], width: int, has_reference: bool
) -> Image.Image:
    """Give a query: its caption, a summary line, and its images."""
    results = [
        _draw_result(query, column, tile)
        for column in range(min(columns, len(query.gallery_paths)))
    ]
    pictures = beside(results, GAP)
    if has_reference:
        reference = _draw_reference(query.image_path, tile)
        pictures = beside([reference, pictures], 0)
    text, typeface = legible(f'“{query.caption}”', font(18))
    caption = write(wrap(text, typeface, width), typeface)
    summary = write(_summary(query, columns), font(14), MUTED)
    return stack([caption, summary, pictures], GAP // 2)


def _summary(query: RankedQuery, columns: int) -> str:
    """How well the drawn images answer a query, in words."""
    verdicts = query.is_match[:columns]
    if query.identity < 0:
        return f'the best {len(verdicts)} images'
    found = f'identity {query.identity}  ·  {verdicts.count(True)} of the top {len(verdicts)} right'
    if True in verdicts:
        return f'{found}  ·  first at rank {verdicts.index(True) + 1}'
    return found


def _draw_reference(path: str | None, tile: tuple[int, int]) -> Image.Image:
    """Give the image that the caption was written for, if known, set apart from the ranked ones."""
    bottom = tile[1] + 2 * FRAME
    paper = Image.new('RGB', (TILE_WIDTH + REFERENCE_GAP, bottom + 24), PAPER)
    if path is not None:
        paper.paste(ImageOps.expand(load_tile(path, tile), FRAME, REFERENCE))
        draw = ImageDraw.Draw(paper)
        below = (TILE_WIDTH // 2, bottom + 6)
        draw.text(below, 'reference', fill=REFERENCE, font=font(14, bold=True), anchor='mt')
        rule = TILE_WIDTH + REFERENCE_GAP // 2
        draw.line([(rule, 0), (rule, bottom)], fill=RULE, width=2)
    return paper


def _draw_result(query: RankedQuery, column: int, tile: tuple[int, int]) -> Image.Image:
    """Give a gallery image with its verdict, and below it rank and score."""
    right = query.is_match[column]
    color = UNKNOWN if right is None else RIGHT if right else WRONG
    picture = ImageOps.expand(load_tile(query.gallery_paths[column], tile), FRAME, color)
    if right is not None:
        paste(picture, _badge(right), (TILE_WIDTH - BADGE, 0))
    rank = write(str(column + 1), font(14, bold=True))
    score = write(f'{query.scores[column]:.3f}', font(14), MUTED)
    return stack([picture, beside([rank, score], TILE_WIDTH - rank.width - score.width)], 4)


def _badge(right: bool) -> Image.Image:
    """Give a white check mark on a green disc, or a white cross on a red square."""
    return pill('✓', RIGHT, BADGE, BADGE // 2) if right else pill('✕', WRONG, BADGE, 0)
