"""Sheets of images with their captions."""

import pytest
from PIL import Image, ImageColor

from cpcl_mm.visualization import Card, canvas, draw_contact_sheet

COLORS = [(200, 30, 30), (30, 160, 40), (30, 50, 200), (230, 210, 40)]


@pytest.fixture
def cards(tmp_path):
    """Four images of different colors with two captions each."""
    cards = []
    for index, color in enumerate(COLORS):
        path = tmp_path / f'{index}.png'
        Image.new('RGB', (48, 96), color).save(path)
        cards.append(Card(str(path), ['a man', 'a person in red'], f'image {index}'))
    return cards


def colors_along(sheet):
    """The images' colors in reading order."""
    found = {}
    for y in range(0, sheet.height, 10):
        for x in range(0, sheet.width, 10):
            color = sheet.getpixel((x, y))
            if color in COLORS:
                found.setdefault(color, (y, x))
    return sorted(found, key=found.get)


def test_images_stand_in_reading_order(cards):
    sheet = draw_contact_sheet(cards, 'pedestrians', columns=3)
    assert colors_along(sheet) == COLORS
    assert 1000 <= sheet.width <= 1400


def test_columns_are_a_setting(cards):
    assert draw_contact_sheet(cards, columns=4).width > draw_contact_sheet(cards, columns=1).width
    assert colors_along(draw_contact_sheet(cards, columns=1)) == COLORS


def test_a_sheet_is_no_wider_than_its_images(cards):
    assert draw_contact_sheet(cards[:1]).width == draw_contact_sheet(cards[:1], columns=1).width


def amount_of_ink(card):
    """Pixels of the captions' color."""
    counts = {color: count for count, color in draw_contact_sheet([card]).getcolors(10**6)}
    return counts[ImageColor.getrgb(canvas.INK)]


def test_long_captions_are_shown_in_full(cards):
    caption = 'a person in red ' * 60
    once, twice = (amount_of_ink(Card(cards[0].path, [caption] * times)) for times in (1, 2))
    assert twice == 2 * once
    assert once > 20 * amount_of_ink(Card(cards[0].path, ['a person in red']))


def test_titles_and_captions_change_the_picture(cards):
    plain = draw_contact_sheet([Card(cards[0].path, [])])
    assert plain.height < draw_contact_sheet(cards[:1], title='pedestrians').height
    assert plain.tobytes() != draw_contact_sheet([Card(cards[0].path, [], 'x')]).tobytes()


def test_images_that_are_gone_do_not_stop_the_sheet(cards):
    sheet = draw_contact_sheet([Card('/nowhere/gone.jpg', ['a man']), *cards])
    assert colors_along(sheet) == COLORS


@pytest.mark.parametrize(('number', 'columns'), [(0, 3), (2, 0)])
def test_nothing_to_draw_is_an_error(cards, number, columns):
    with pytest.raises(ValueError, match=f'{number} images in {columns} columns'):
        draw_contact_sheet(cards[:number], columns=columns)
