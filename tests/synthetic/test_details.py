from collections.abc import Callable

import numpy as np
import pytest

from cpcl_mm.synthetic.canvas import points
from cpcl_mm.synthetic.details import DETAILS, FABRICS, FIXED, ROW, TABLE, heart, star


def test_every_row_of_the_table_is_read() -> None:
    rows = [row for row in TABLE.splitlines() if row]
    assert [match.group() for match in ROW.finditer(TABLE)] == rows
    inks = {detail.ink for details in DETAILS.values() for detail in details}
    assert inks - FIXED.keys() == {'own', 'skin', 'hair', 'second', 'lower'}


def test_a_row_gives_views_ink_and_a_union_of_shapes() -> None:
    face = DETAILS['face'][0]
    assert (face.views, face.ink, face.tone, face.white, face.how) == ('s', 'skin', 1, 0, {})
    assert [(len(outline), width) for outline, width in face.shape] == [(28, 0), (3, 0)]
    assert (face.shape[1][0] == points('.05,.075 .074,.1 .05,.108')).all()


def test_tone_white_and_paint_come_from_the_row() -> None:
    assert [(row.tone, row.white) for row in DETAILS['beanie']] == [(1, 0), (0.84, 0), (1, 0.5)]
    assert DETAILS['neck'][0].how == {'outline': 0.003}
    assert DETAILS['cap'][1].how == {'shading': 0, 'outline': 0}  # a line


def test_parts_share_rows() -> None:
    assert DETAILS['short'][0] is DETAILS['ponytail'][0]


AXIS = np.linspace(-0.2, 0.2, 401)
X, Y = np.meshgrid(AXIS, AXIS)


@pytest.mark.parametrize('name', FABRICS)
def test_both_colors_of_a_fabric_show(name: str) -> None:
    assert 0.15 < FABRICS[name](X, Y).mean() < 0.65


def test_stripes_run_across() -> None:
    second = FABRICS['stripes'](X, Y)
    assert (second == second[:, :1]).all()
    assert len(np.unique(second[:, 0])) == 2


def test_checks_look_the_same_when_turned() -> None:
    second = FABRICS['checks'](X, Y)
    assert (second == second.T).all()


@pytest.mark.parametrize('logo', [star, heart])
def test_logo_is_centered_and_as_large_as_asked(logo: Callable[[float], np.ndarray]) -> None:
    columns, rows = logo(0.1).T
    assert min(columns) + max(columns) == pytest.approx(0.0, abs=0.01)
    assert max(columns) - min(columns) == pytest.approx(0.2, abs=0.02)
    assert min(rows) < 0 < max(rows)
