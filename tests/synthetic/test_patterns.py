import numpy as np
import pytest

from cpcl_mm.synthetic.patterns import FABRICS, LOGOS

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


@pytest.mark.parametrize('name', LOGOS)
def test_logo_is_centered_and_as_large_as_asked(name: str) -> None:
    columns, rows = zip(*LOGOS[name](0.5, 0.3, 0.1), strict=True)
    assert min(columns) + max(columns) == pytest.approx(1.0, abs=0.01)
    assert max(columns) - min(columns) == pytest.approx(0.2, abs=0.02)
    assert min(rows) < 0.3 < max(rows)
