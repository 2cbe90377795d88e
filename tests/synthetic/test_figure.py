from collections.abc import Callable

import numpy as np
import pytest

from cpcl_mm.synthetic.attributes import Identity
from cpcl_mm.synthetic.canvas import Canvas, box, polygon
from cpcl_mm.synthetic.figure import Figure
from cpcl_mm.synthetic.palette import COLORS, scaled
from cpcl_mm.synthetic.pose import Pose, pose_body


def _figure(person: Identity, canvas: Canvas) -> Figure:
    pose = Pose('front', 0.0, 0.0)
    return Figure(canvas, person, pose, pose_body(person, pose))


def test_everyone_has_their_own_shade_of_a_color(
    make_person: Callable[..., Identity], make_canvas: Callable[..., Canvas]
) -> None:
    figure = _figure(make_person(shade=0.9), make_canvas())
    assert figure.cloth('blue') == scaled(COLORS['blue'], 0.9)
    assert figure.view == 'front'


def test_line_of_one_point_is_a_dot(
    make_person: Callable[..., Identity], make_canvas: Callable[..., Canvas]
) -> None:
    figure = _figure(make_person(), make_canvas())
    figure.line([(0.0, 0.3)], 0.05, (0, 0, 0))
    covered = (np.asarray(figure.canvas.image) < 255).any(axis=2)
    assert covered.any(axis=0).sum() == pytest.approx(8, abs=1)
    assert covered.any(axis=1).sum() == pytest.approx(8, abs=1)


def test_paint_reaches_the_canvas(
    make_person: Callable[..., Identity], make_canvas: Callable[..., Canvas]
) -> None:
    figure = _figure(make_person(), make_canvas())
    figure.paint(polygon(box(-0.1, 0.2, 0.1, 0.4)), (1, 2, 3), shading=0.0, outline=0.0)
    assert figure.canvas.image.getpixel((50, 68)) == (1, 2, 3)
