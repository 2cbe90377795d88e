from collections.abc import Callable
from itertools import combinations

import pytest

from cpcl_mm.synthetic.attributes import Item
from cpcl_mm.synthetic.pose import VIEWS

STYLES = ('short', 'curly', 'long', 'bald', 'ponytail', 'bun')


@pytest.mark.parametrize('view', VIEWS)
def test_hair_styles_look_different(view: str, draw: Callable[..., bytes]) -> None:
    pictures = {style: draw(view, hair=Item(style, 'brown'), beard=False) for style in STYLES}
    for first, second in combinations(STYLES, 2):
        hidden = view == 'front' and {first, second} == {'short', 'ponytail'}
        assert (pictures[first] == pictures[second]) == hidden


@pytest.mark.parametrize('style', [style for style in STYLES if style != 'bald'])
def test_color_of_hair_shows_from_behind(style: str, draw: Callable[..., bytes]) -> None:
    assert len({draw('back', hair=Item(style, name)) for name in ('black', 'blond')}) == 2


def test_color_of_a_bald_head_is_skin(draw: Callable[..., bytes]) -> None:
    assert len({draw('back', hair=Item('bald', name)) for name in ('black', 'blond')}) == 1
