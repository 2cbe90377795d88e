from collections.abc import Callable

import pytest

from cpcl_mm.synthetic.attributes import Item, Upper
from cpcl_mm.synthetic.pose import VIEWS


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
