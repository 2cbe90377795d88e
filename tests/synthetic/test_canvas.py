from collections.abc import Callable

import numpy as np
import pytest

from cpcl_mm.synthetic.canvas import (
    Canvas,
    Frame,
    Paint,
    between,
    box,
    ellipse,
    limb,
    mixed,
    path,
    polygon,
    scaled,
    smooth,
    symmetric,
)

RED, WHITE = (200, 0, 0), (255, 255, 255)
FLAT = Paint(RED, shading=0.0, outline=0.0)


def test_frame_maps_units_to_pixels_and_back() -> None:
    frame = Frame(scale=10, x=5, y=2, mirrored=True)
    assert frame.pixels([(0.1, 0.3)]) == [(4.0, 5.0)]
    x, y = frame.units(np.array([4.0]), np.array([5.0]))
    assert (x[0], y[0]) == pytest.approx((0.1, 0.3))


def test_paint_fills_the_shape_and_nothing_else(make_canvas: Callable[..., Canvas]) -> None:
    canvas = make_canvas()
    canvas.paint(polygon(box(-0.1, 0.2, 0.1, 0.4)), FLAT)
    assert canvas.image.getpixel((50, 68)) == RED
    assert canvas.image.getpixel((80, 68)) == WHITE
    assert canvas.image.getpixel((50, 100)) == WHITE


def test_mirrored_figure_looks_the_other_way(make_canvas: Callable[..., Canvas]) -> None:
    straight, mirrored = make_canvas(), make_canvas(mirrored=True)
    for canvas in (straight, mirrored):
        canvas.paint(polygon(box(0.05, 0.2, 0.2, 0.4)), FLAT)
    assert straight.image.getpixel((70, 68)) == RED
    assert mirrored.image.getpixel((30, 68)) == RED
    assert mirrored.image.getpixel((70, 68)) == WHITE


def test_shape_outside_the_image_is_no_error(make_canvas: Callable[..., Canvas]) -> None:
    canvas = make_canvas()
    canvas.paint(polygon(box(5, 5, 6, 6)), FLAT)
    canvas.paint(path([(-5.0, 0.5), (-4.0, 0.5)], 0.1), FLAT)
    assert canvas.image.getcolors() == [(100 * 200, WHITE)]


def test_outline_is_darker_and_outside(make_canvas: Callable[..., Canvas]) -> None:
    canvas = make_canvas()
    canvas.paint(polygon(box(-0.1, 0.2, 0.1, 0.4)), Paint(RED, shading=0.0, outline=0.02))
    assert canvas.image.getpixel((50, 50)) == (124, 0, 0)
    assert canvas.image.getpixel((50, 60)) == RED


def test_shading_darkens_to_the_right(make_canvas: Callable[..., Canvas]) -> None:
    canvas = make_canvas()
    canvas.paint(polygon(box(-0.2, 0.2, 0.2, 0.4)), Paint(RED, shading=0.5, outline=0.0))
    left, right = (canvas.image.getpixel((column, 68))[0] for column in (25, 75))
    assert left > right


def test_pattern_is_in_figure_units(make_canvas: Callable[..., Canvas]) -> None:
    canvas = make_canvas()
    paint = Paint(RED, pattern=lambda x, y: x > 0, second=(0, 0, 99), shading=0.0, outline=0.0)
    canvas.paint(polygon(box(-0.2, 0.2, 0.2, 0.4)), paint)
    assert canvas.image.getpixel((40, 68)) == RED
    assert canvas.image.getpixel((60, 68)) == (0, 0, 99)


def test_limb_covers_its_joints_and_tapers(make_canvas: Callable[..., Canvas]) -> None:
    canvas = make_canvas()
    canvas.paint(limb([(0, 0.1), (0, 0.4), (0, 0.7)], [0.3, 0.2, 0.06]), FLAT)
    covered = np.asarray(canvas.image)[:, :, 1] == 0
    widths = [covered[20 + round(160 * y)].sum() for y in (0.1, 0.4, 0.7)]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] > 0


def test_smooth_passes_through_its_points() -> None:
    points = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    curve = smooth(points, steps=5)
    assert len(curve) == 20
    assert curve[::5] == points


def test_between_goes_from_start_to_end() -> None:
    assert between((0.0, 2.0), (4.0, 0.0), 0.25) == (1.0, 1.5)


def test_symmetric_mirrors_the_right_half() -> None:
    assert symmetric([(1, 0), (2, 5)]) == [(1, 0), (2, 5), (-2, 5), (-1, 0)]


def test_ellipse_has_its_radii() -> None:
    columns, rows = zip(*ellipse(1.0, 2.0, 0.5, 0.25), strict=True)
    assert (min(columns), max(columns)) == pytest.approx((0.5, 1.5))
    assert (min(rows), max(rows)) == pytest.approx((1.75, 2.25), abs=1e-2)


def test_path_has_one_width_or_one_for_each_stroke() -> None:
    points = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)]
    assert [stroke[2] for stroke in path(points, 0.1).strokes] == [0.1, 0.1]
    assert [stroke[2] for stroke in path(points, 0.1, 0.2).strokes] == [0.1, 0.2]


def test_scaled_stays_a_color() -> None:
    assert scaled((100, 200, 0), 1.5) == (150, 255, 0)


def test_mixed_goes_from_the_first_to_the_second() -> None:
    black, white = (0, 0, 0), (255, 255, 255)
    assert mixed(black, white, 0.0) == black
    assert mixed(black, white, 1.0) == white
    assert mixed(black, white, 0.2) == (51, 51, 51)
