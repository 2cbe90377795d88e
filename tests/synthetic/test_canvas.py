from collections.abc import Callable

import numpy as np
import pytest

from cpcl_mm.synthetic.canvas import (
    Canvas,
    box,
    ellipse,
    limb,
    mixed,
    points,
    polygon,
    scaled,
    smooth,
    stroke,
    symmetric,
)

RED, WHITE = (200, 0, 0), (255, 255, 255)
FLAT = {'color': RED, 'shading': 0.0, 'outline': 0.0}


def test_canvas_maps_units_to_pixels(make_canvas: Callable[..., Canvas]) -> None:
    assert make_canvas().pixels('.1,.3 -.1,0') == pytest.approx(np.array([(66, 68), (34, 20)]))
    assert make_canvas(mirrored=True).pixels([(0.1, 0.3)]) == pytest.approx(np.array([(34, 68)]))


def test_points_are_numbers_or_a_text() -> None:
    assert points('0,-.028 .03,1').tolist() == [[0.0, -0.028], [0.03, 1.0]]
    assert (points([(0, -0.028), (0.03, 1)]) == points('0,-.028 .03,1')).all()


def test_paint_fills_the_shape_and_nothing_else(make_canvas: Callable[..., Canvas]) -> None:
    canvas = make_canvas()
    canvas.paint(polygon(box(-0.1, 0.2, 0.1, 0.4)), **FLAT)
    assert canvas.image.getpixel((50, 68)) == RED
    assert canvas.image.getpixel((80, 68)) == WHITE
    assert canvas.image.getpixel((50, 100)) == WHITE


def test_mirrored_figure_looks_the_other_way(make_canvas: Callable[..., Canvas]) -> None:
    straight, mirrored = make_canvas(), make_canvas(mirrored=True)
    for canvas in (straight, mirrored):
        canvas.paint(polygon(box(0.05, 0.2, 0.2, 0.4)), **FLAT)
    assert straight.image.getpixel((70, 68)) == RED
    assert mirrored.image.getpixel((30, 68)) == RED
    assert mirrored.image.getpixel((70, 68)) == WHITE


def test_shape_outside_the_image_is_no_error(make_canvas: Callable[..., Canvas]) -> None:
    canvas = make_canvas()
    canvas.paint(polygon(box(5, 5, 6, 6)), **FLAT)
    canvas.line('-5,.5 -4,.5', 0.1, RED)
    assert canvas.image.getcolors() == [(100 * 200, WHITE)]


def test_outline_is_darker_and_outside(make_canvas: Callable[..., Canvas]) -> None:
    canvas = make_canvas()
    canvas.paint(polygon(box(-0.1, 0.2, 0.1, 0.4)), RED, shading=0.0, outline=0.02)
    assert canvas.image.getpixel((50, 50)) == (124, 0, 0)
    assert canvas.image.getpixel((50, 60)) == RED


def test_shading_darkens_to_the_right(make_canvas: Callable[..., Canvas]) -> None:
    canvas = make_canvas()
    canvas.paint(polygon(box(-0.2, 0.2, 0.2, 0.4)), RED, shading=0.5, outline=0.0)
    left, right = (canvas.image.getpixel((column, 68))[0] for column in (25, 75))
    assert left > right


def test_pattern_is_in_figure_units(make_canvas: Callable[..., Canvas]) -> None:
    canvas = make_canvas()
    shape = polygon(box(-0.2, 0.2, 0.2, 0.4))
    canvas.paint(shape, **FLAT, pattern=lambda x, y: x > 0, second=(0, 0, 99))
    assert canvas.image.getpixel((40, 68)) == RED
    assert canvas.image.getpixel((60, 68)) == (0, 0, 99)


def test_limb_covers_its_joints_and_tapers(make_canvas: Callable[..., Canvas]) -> None:
    canvas = make_canvas()
    canvas.paint(limb([(0, 0.1), (0, 0.4), (0, 0.7)], [0.3, 0.2, 0.06]), **FLAT)
    covered = np.asarray(canvas.image)[:, :, 1] == 0
    widths = [covered[20 + round(160 * y)].sum() for y in (0.1, 0.4, 0.7)]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] > 0


def test_smooth_passes_through_its_points() -> None:
    knots = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
    curve = smooth(knots, steps=5)
    assert len(curve) == 20
    assert curve[::5].tolist() == knots


def test_symmetric_mirrors_the_right_half() -> None:
    assert symmetric('1,0 2,5').tolist() == [[1, 0], [2, 5], [-2, 5], [-1, 0]]


def test_ellipse_has_its_radii() -> None:
    columns, rows = zip(*ellipse(1.0, 2.0, 0.5, 0.25), strict=True)
    assert (min(columns), max(columns)) == pytest.approx((0.5, 1.5))
    assert (min(rows), max(rows)) == pytest.approx((1.75, 2.25), abs=1e-2)


def test_line_of_one_point_is_a_dot(make_canvas: Callable[..., Canvas]) -> None:
    canvas = make_canvas()
    canvas.line([(0.0, 0.3)], 0.05, (0, 0, 0))
    covered = (np.asarray(canvas.image) < 255).any(axis=2)
    assert covered.any(axis=0).sum() == pytest.approx(8, abs=1)
    assert covered.any(axis=1).sum() == pytest.approx(8, abs=1)


def test_stroke_goes_from_point_to_point() -> None:
    ends = [(outline.tolist(), width) for outline, width in stroke('0,0 1,0 2,0', 0.1)]
    assert ends == [([[0, 0], [1, 0]], 0.1), ([[1, 0], [2, 0]], 0.1)]


def test_scaled_stays_a_color() -> None:
    assert scaled((100, 200, 0), 1.5) == (150, 255, 0)


def test_mixed_goes_from_the_first_to_the_second() -> None:
    black, white = (0, 0, 0), (255, 255, 255)
    assert mixed(black, white, 0.0) == black
    assert mixed(black, white, 1.0) == white
    assert mixed(black, white, 0.2) == (51, 51, 51)
