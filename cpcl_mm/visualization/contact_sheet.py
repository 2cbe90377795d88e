"""A picture of a data set: images with their captions."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from .canvas import (
    INK,
    MUTED,
    PAPER,
    RULE,
    draw_lines,
    font,
    line_height,
    load_tile,
    stack,
    tile_height,
    wrap,
)

MARGIN = 28
TILE_WIDTH = 100
TEXT_WIDTH = 270
TEXT_GAP = 14
CARD_GAP = 28
CARD_WIDTH = TILE_WIDTH + TEXT_GAP + TEXT_WIDTH
PARAGRAPH_GAP = 8


@dataclass(frozen=True)
class Card:
    """One image of a contact sheet.

    Attributes:
        path (str): The image file.
        captions (Sequence[str]): What is said about the image.
        title (str): A line above the captions. Defaults to ''.
    """

    path: str
    captions: Sequence[str]
    title: str = ''


def draw_contact_sheet(cards: Sequence[Card], title: str = '', columns: int = 3) -> Image.Image:
    """Draw images with their captions beside them, in rows.

    Captions are shown in full: a row is as high as its longest text or its images.

    Args:
        cards (Sequence[Card]): The images.
        title (str): Heading of the sheet. Defaults to ''.
        columns (int): Cards in a row. Defaults to 3, about 1,260 pixels.

    Returns:
        Image.Image: The sheet, RGB.

    Raises:
        ValueError: If there is nothing to draw.
    """
    if not cards or columns < 1:
        raise ValueError(f'Nothing to draw: {len(cards)} images in {columns} columns.')
    columns = min(columns, len(cards))
    width = 2 * MARGIN + columns * (CARD_WIDTH + CARD_GAP) - CARD_GAP
    tile = (TILE_WIDTH, tile_height([card.path for card in cards], TILE_WIDTH))
    rows = [cards[start : start + columns] for start in range(0, len(cards), columns)]
    return stack([_draw_header(title, width), *(_draw_row(row, width, tile) for row in rows)])


def _draw_header(title: str, width: int) -> Image.Image:
    """Give the title, over as many lines as it needs."""
    typeface = font(22, bold=True)
    lines = wrap(title, typeface, width - 2 * MARGIN)
    strip = Image.new('RGB', (width, MARGIN + len(lines) * line_height(typeface)), PAPER)
    draw_lines(ImageDraw.Draw(strip), (MARGIN, MARGIN - 6), lines, typeface)
    return strip


def _draw_row(cards: Sequence[Card], width: int, tile: tuple[int, int]) -> Image.Image:
    """Cards side by side, over a rule."""
    texts = [_draw_text(card) for card in cards]
    height = max(tile[1], *(text.height for text in texts))
    strip = Image.new('RGB', (width, height + MARGIN), PAPER)
    for column, (card, text) in enumerate(zip(cards, texts, strict=True)):
        left = MARGIN + column * (CARD_WIDTH + CARD_GAP)
        strip.paste(load_tile(card.path, tile), (left, MARGIN // 2))
        strip.paste(text, (left + TILE_WIDTH + TEXT_GAP, MARGIN // 2))
    ImageDraw.Draw(strip).line([(MARGIN, 0), (width - MARGIN, 0)], fill=RULE)
    return strip


def _draw_text(card: Card) -> Image.Image:
    """Title and captions of a card, one paragraph each."""
    heading = (wrap(card.title, font(13, bold=True), TEXT_WIDTH), font(13, bold=True), MUTED)
    captions = [(wrap(caption, font(14), TEXT_WIDTH), font(14), INK) for caption in card.captions]
    paragraphs = [paragraph for paragraph in (heading, *captions) if paragraph[0]]
    height = sum(len(lines) * line_height(face) + PARAGRAPH_GAP for lines, face, _ in paragraphs)
    text = Image.new('RGB', (TEXT_WIDTH, max(1, height)), PAPER)
    draw = ImageDraw.Draw(text)
    top = 0
    for lines, typeface, color in paragraphs:
        top = draw_lines(draw, (0, top), lines, typeface, color) + PARAGRAPH_GAP
    return text
