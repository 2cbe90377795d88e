import numpy as np
import pytest
from PIL import Image

from cpcl_mm.visualization import AttentionMap, draw_attention_sheet
from cpcl_mm.visualization.attention_sheet import MARGIN, TILE_WIDTH, _legend, blend
from cpcl_mm.visualization.canvas import font

GREY = Image.new('RGB', (40, 80), (128, 128, 128))


def test_the_best_patch_is_red_and_the_worst_blue_at_its_place():
    values = np.zeros((4, 2))
    values[0, 1], values[3, 0] = 1, -1
    pixels = np.asarray(blend(GREY, values)).astype(int)
    assert pixels.shape == (80, 40, 3)
    red, _, blue = pixels[5, 35]
    assert red > blue + 30
    red, _, blue = pixels[75, 5]
    assert blue > red


def test_colors_depend_on_the_order_of_scores_not_on_their_size():
    values = np.arange(8.0).reshape(4, 2)
    assert blend(GREY, values).tobytes() == blend(GREY, values / 1000 - 7).tobytes()


def test_where_all_patches_are_alike_none_stands_out():
    pixels = np.asarray(blend(GREY, np.full((4, 2), 0.3)))
    assert (pixels == pixels[0, 0]).all()


@pytest.mark.parametrize('number', [1, 3, 6])
def test_every_sentence_has_a_column_beside_the_image(number):
    maps = [AttentionMap(f'a coat of kind {n}', np.eye(3)[:, :2], 0.25) for n in range(number)]
    sheet = draw_attention_sheet(GREY, maps)
    assert sheet.width >= (number + 1) * TILE_WIDTH
    # The image is drawn as it is, in the first column.
    assert sheet.getpixel((MARGIN + TILE_WIDTH // 2, sheet.height // 2)) == (128, 128, 128)


def test_scores_fit_below_their_picture():
    for line in _legend(AttentionMap('coat', np.array([[-1.0, -0.999]]), -1.0)):
        assert font(12).getlength(line) <= TILE_WIDTH


def test_a_long_sentence_makes_the_sheet_longer():
    short, long = (
        draw_attention_sheet(GREY, [AttentionMap('coat ' * n, np.eye(2), 0.1)]) for n in (1, 100)
    )
    assert long.height > short.height + 100
    assert long.width == short.width


def test_a_very_long_or_very_flat_image_does_not_break_the_sheet():
    for size in ((10, 5000), (5000, 3)):
        sheet = draw_attention_sheet(Image.new('RGB', size), [AttentionMap('red', np.eye(2), 0.1)])
        assert sheet.height < 1000


def test_without_a_sentence_there_is_nothing_to_draw():
    with pytest.raises(ValueError, match='Nothing to draw'):
        draw_attention_sheet(GREY, [])
