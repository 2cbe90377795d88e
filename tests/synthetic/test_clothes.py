from collections.abc import Callable

import numpy as np
import pytest

from cpcl_mm.synthetic.attributes import PATTERNS, SLEEVES, Item, Upper
from cpcl_mm.synthetic.clothes import FABRICS, LOGOS
from cpcl_mm.synthetic.figure import VIEWS

BARE = {'scarf': None, 'bag': None}


@pytest.mark.parametrize('view', VIEWS)
def test_upper_garments_look_different_in_front_at_least(
    view: str, draw: Callable[..., bytes]
) -> None:
    uppers = [Upper(kind, 'blue', max(SLEEVES[kind], key=len)) for kind in SLEEVES]
    pictures = {draw(view, upper=upper, **BARE) for upper in uppers}
    # From behind, a shirt, a sweater and a jacket are cut alike but for an inch of cloth.
    assert len(pictures) >= (len(uppers) if view == 'front' else len(uppers) - 2)


@pytest.mark.parametrize(
    ('kind', 'pattern'),
    [(kind, name) for kind, names in PATTERNS.items() for name in names if name != 'plain'],
)
def test_every_pattern_of_a_garment_shows_in_front(
    kind: str, pattern: str, draw: Callable[..., bytes]
) -> None:
    sleeves = next(iter(SLEEVES[kind]))
    plain = draw('front', upper=Upper(kind, 'blue', sleeves), **BARE)
    patterned = draw('front', upper=Upper(kind, 'blue', sleeves, pattern, 'yellow'), **BARE)
    assert patterned != plain


def test_sleeves_of_three_lengths(draw: Callable[..., bytes]) -> None:
    lengths = ('long', 'short', 'none')
    assert len({draw('front', upper=Upper('shirt', 'red', length)) for length in lengths}) == 3


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


@pytest.mark.parametrize('view', VIEWS)
def test_lower_garments_look_different(view: str, draw: Callable[..., bytes]) -> None:
    kinds = ('trousers', 'jeans', 'shorts', 'skirt')
    assert len({draw(view, lower=Item(kind, 'black')) for kind in kinds}) == 4


@pytest.mark.parametrize('view', VIEWS)
def test_shoes_look_different(view: str, draw: Callable[..., bytes]) -> None:
    kinds = ('sneakers', 'shoes', 'boots', 'sandals')
    assert len({draw(view, shoes=Item(kind, 'red')) for kind in kinds}) == 4


def test_legs_below_a_dress_are_bare(draw: Callable[..., bytes]) -> None:
    dress = Upper('dress', 'red', 'short')
    fair, dark = (draw('front', upper=dress, skin=skin) for skin in (0, 4))
    hidden = [draw('front', upper=dress, lower=Item(kind, 'blue')) for kind in ('jeans', 'shorts')]
    assert fair[-3 * 100 * 60 :] != dark[-3 * 100 * 60 :]  # the lowest 60 rows
    assert hidden[0] == hidden[1]


def test_sneakers_have_light_soles(draw: Callable[..., bytes]) -> None:
    sneakers, shoes = (
        sum(draw('front', shoes=Item(kind, 'black'))) for kind in ('sneakers', 'shoes')
    )
    assert sneakers > shoes
