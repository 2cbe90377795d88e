from collections.abc import Callable

import pytest

from cpcl_mm.synthetic.attributes import Item
from cpcl_mm.synthetic.pose import VIEWS

BAGS = ('backpack', 'handbag', 'shoulder bag', 'suitcase')


@pytest.mark.parametrize('view', VIEWS)
def test_bags_look_different(view: str, draw: Callable[..., bytes]) -> None:
    bags = (None, *(Item(kind, 'orange') for kind in BAGS))
    assert len({draw(view, bag=bag) for bag in bags}) == 5


def test_backpack_lies_over_long_hair(draw: Callable[..., bytes]) -> None:
    """Its color must show as much as it does on somebody with short hair."""
    changed = []
    for style in ('short', 'long'):
        red, blue = (
            draw('back', hair=Item(style, 'brown'), bag=Item('backpack', name), scarf=None)
            for name in ('red', 'blue')
        )
        changed.append(sum(a != b for a, b in zip(red, blue, strict=True)))
    assert changed[0] == changed[1]


@pytest.mark.parametrize('view', VIEWS)
def test_scarf_shows_from_all_sides(view: str, draw: Callable[..., bytes]) -> None:
    assert len({draw(view, scarf=Item('scarf', name)) for name in ('white', 'black')}) == 2
