from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from cpcl_mm.synthetic.attributes import Identity
from cpcl_mm.synthetic.figure import VIEWS, Pose, pose_body, sample_pose


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
    assert (bent[0] == straight[0]).all()
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
