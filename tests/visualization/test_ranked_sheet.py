"""Sheets of ranked results, read back from their pixels."""

import pytest
from PIL import Image, ImageColor

from cpcl_mm.evaluation import RankedQuery
from cpcl_mm.visualization import canvas, draw_ranked_sheet, ranked_sheet

RIGHT, WRONG, UNKNOWN, REFERENCE = (
    ImageColor.getrgb(getattr(ranked_sheet, name))
    for name in ('RIGHT', 'WRONG', 'UNKNOWN', 'REFERENCE')
)


@pytest.fixture
def image(tmp_path):
    """Path of a grey image."""
    path = tmp_path / 'person.png'
    Image.new('RGB', (48, 96), (150, 150, 150)).save(path)
    return str(path)


def make_query(image, identities=(3, 4, 3), identity=3, reference=True, caption='a man in red'):
    number = len(identities)
    scores = [0.9 - 0.1 * rank for rank in range(number)]
    image_path = image if reference else None
    return RankedQuery(caption, [image] * number, scores, list(identities), identity, image_path)


def frames(sheet):
    """Colors of the frames, from left to right, along the line that crosses most of them."""
    known = {RIGHT, WRONG, UNKNOWN, REFERENCE}
    lines = []
    for y in range(80, sheet.height):
        line = [sheet.getpixel((x, y)) for x in range(sheet.width)]
        # A frame's left side: a run of its width, after something else.
        starts = [
            color
            for x, color in enumerate(line[: -ranked_sheet.FRAME])
            if color in known
            and line[x - 1] != color
            and line[x : x + ranked_sheet.FRAME] == [color] * ranked_sheet.FRAME
            and line[x + ranked_sheet.FRAME] == (150, 150, 150)
        ]
        lines.append(starts)
    return max(lines, key=len)


def test_captions_that_no_font_can_draw_say_so(image, monkeypatch):
    monkeypatch.setattr(canvas, '_fonts_of_the_machine', tuple)
    chinese, counted = 'a man 红衣', 'a man ” [signs without a font on this machine: 2]'
    sheets = [draw_ranked_sheet([make_query(image, caption=chinese)])]
    monkeypatch.setattr(ranked_sheet, 'legible', lambda _, face: (f'“{counted}', face))
    sheets.append(draw_ranked_sheet([make_query(image, caption=chinese)]))
    assert sheets[0].tobytes() == sheets[1].tobytes()


def test_right_and_wrong_images_have_frames_of_their_own(image):
    sheet = draw_ranked_sheet([make_query(image)])
    assert frames(sheet) == [REFERENCE, RIGHT, WRONG, RIGHT]


def test_frames_are_neutral_where_identities_are_unknown(image):
    sheet = draw_ranked_sheet([make_query(image, identity=-1, reference=False)])
    assert frames(sheet) == [UNKNOWN] * 3
    assert not {RIGHT, WRONG} & {color for _, color in sheet.getcolors(10**6)}


def test_marks_differ_in_shape_not_by_color_alone(image):
    check, cross = (ranked_sheet._badge(right).getchannel('A') for right in (True, False))
    # A disc leaves the corners of its box free, a square does not.
    assert check.getpixel((0, 0)) == 0
    assert cross.getpixel((0, 0)) == 255


def test_a_row_shows_at_most_topk_images(image):
    sheet = draw_ranked_sheet([make_query(image)], topk=2)
    assert frames(sheet) == [REFERENCE, RIGHT, WRONG]


def test_ten_images_and_the_reference_suit_a_readme(image):
    sheet = draw_ranked_sheet([make_query(image, [3] * 10)])
    assert 1000 <= sheet.width <= 1400


def test_every_query_is_a_row_and_long_captions_make_it_higher(image):
    one = draw_ranked_sheet([make_query(image)])
    two = draw_ranked_sheet([make_query(image)] * 2)
    long = draw_ranked_sheet([make_query(image, caption='a man in red ' * 40)])
    assert one.height < long.height < two.height


def test_the_summary_counts_what_is_drawn(image):
    assert ranked_sheet._summary(make_query(image, [4, 3, 3]), 2) == (
        'identity 3  ·  1 of the top 2 right  ·  first at rank 2'
    )
    assert ranked_sheet._summary(make_query(image, [4, 4, 3]), 2) == (
        'identity 3  ·  0 of the top 2 right'
    )


def test_images_that_are_gone_do_not_stop_the_sheet(image):
    query = make_query('/nowhere/gone.jpg')
    assert draw_ranked_sheet([query]).height > 200


def test_queries_may_have_different_numbers_of_images(image):
    queries = [make_query(image, [3]), make_query(image, [4, 4, 4])]
    assert frames(draw_ranked_sheet(queries)) == [REFERENCE, WRONG, WRONG, WRONG]


@pytest.mark.parametrize(('number', 'topk'), [(0, 10), (1, 0)])
def test_nothing_to_draw_is_an_error(image, number, topk):
    with pytest.raises(ValueError, match=f'the top {topk} of {number} queries'):
        draw_ranked_sheet([make_query(image)] * number, topk)
