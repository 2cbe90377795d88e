"""A picture of a data set: images with their captions."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from .canvas import (
    INK,
    MARGIN,
    MUTED,
    beside,
    font,
    legible,
    load_tile,
    page,
    stack,
    tile_height,
    wrap,
    write,
)

TILE_WIDTH = 100
TEXT_WIDTH = 270
TEXT_GAP = 14
CARD_WIDTH = TILE_WIDTH + TEXT_GAP + TEXT_WIDTH


@dataclass(frozen=True)
class Card:
    """One image of a contact sheet."""

    path: str
    captions: Sequence[str]
    title: str = ''  # a line above the captions


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
    tile = (TILE_WIDTH, tile_height([card.path for card in cards], TILE_WIDTH))
    drawn = [_draw_card(card, tile) for card in cards]
    rows = [
        beside(drawn[start : start + columns], MARGIN) for start in range(0, len(cards), columns)
    ]
    heading = wrap(title, font(22, bold=True), rows[0].width)
    return page(write(heading, font(22, bold=True)), rows, MARGIN // 2)


def _draw_card(card: Card, tile: tuple[int, int]) -> Image.Image:
    """Give an image, and beside it title and captions, a paragraph each."""
    paragraphs = [(card.title, font(13, bold=True), MUTED)]
    paragraphs += [(caption, font(14), INK) for caption in card.captions]
    texts = []
    for paragraph, typeface, color in paragraphs:
        text, face = legible(paragraph, typeface)
        texts += [write(wrap(text, face, TEXT_WIDTH), face, color)] if text else []
    return beside([load_tile(card.path, tile), stack(texts, 8, TEXT_WIDTH)], TEXT_GAP)
