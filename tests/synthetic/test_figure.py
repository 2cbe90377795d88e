from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from cpcl_mm.synthetic.attributes import COLORS, Identity
from cpcl_mm.synthetic.canvas import Canvas, box, polygon, scaled
from cpcl_mm.synthetic.figure import VIEWS, Figure, Pose, pose_body, sample_pose


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


@pytest.mark.parametrize('view', VIEWS)
@pytest.mark.parametrize('stride', [-1.0, 0.0, 1.0])
def test_body_is_upright_and_fits_a_narrow_image(
    make_person: Callable[..., Identity], view: str, stride: float
) -> None:
    body = pose_body(make_person(girth=1.15), Pose(view, stride, bend=0.0))
    for hip, knee, ankle in body.legs:
        assert hip[1] < knee[1] < ankle[1] < 1
    for shoulder, elbow, hand in body.arms:
        assert shoulder[1] < elbow[1] < hand[1]
    joints = [joint for chain in (*body.legs, *body.arms) for joint in chain]
    assert max(abs(x) for x, _ in joints) < 0.25


def test_bent_arm_raises_one_hand(make_person: Callable[..., Identity]) -> None:
    straight, bent = (
        pose_body(make_person(), Pose('front', 0.0, bend)).arms for bend in (0.0, 1.0)
    )
    assert bent[0] == straight[0]
    assert bent[1][-1][1] < straight[1][-1][1] - 0.1


def test_walker_seen_from_the_side_spreads_the_feet(make_person: Callable[..., Identity]) -> None:
    still, walking = (
        pose_body(make_person(), Pose('side', stride, 0.0)).legs for stride in (0.0, 1.0)
    )
    assert abs(walking[0][-1][0] - walking[1][-1][0]) > abs(still[0][-1][0] - still[1][-1][0])


def test_views_come_in_the_wanted_shares() -> None:
    rng = np.random.default_rng(0)
    views = Counter(sample_pose(rng, back_view=0.5, side_view=0.2).view for _ in range(2000))
    assert {view: views[view] / 2000 for view in VIEWS} == pytest.approx(
        {'front': 0.3, 'back': 0.5, 'side': 0.2}, abs=0.04
    )
