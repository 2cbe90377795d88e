from collections.abc import Callable

import numpy as np
import pytest

from cpcl_mm.synthetic.attributes import Identity, Item, Upper, visible
from cpcl_mm.synthetic.canvas import Canvas
from cpcl_mm.synthetic.drawing import draw_person
from cpcl_mm.synthetic.figure import VIEWS, Pose

CHANGES = {
    'hair': {'hair': Item('short', 'black')},
    'hair_style': {'hair': Item('curly', 'blond')},
    'eyewear': {'eyewear': 'sunglasses'},
    'beard': {'beard': False},
    'upper': {'upper': Upper('hoodie', 'grey', 'long', 'star', 'yellow')},
    'logo': {'upper': Upper('hoodie', 'green', 'long', 'heart', 'yellow')},
    'headwear': {'headwear': Item('cap', 'red')},
    'lower': {'lower': Item('trousers', 'brown')},
    'shoes': {'shoes': Item('boots', 'black')},
    'scarf': {'scarf': None},
}
"""For each attribute that captions may mention, a person who differs in just that one."""


@pytest.mark.parametrize('view', VIEWS)
@pytest.mark.parametrize('attribute', CHANGES)
def test_an_attribute_is_drawn_exactly_where_captions_may_mention_it(
    attribute: str,
    view: str,
    draw: Callable[..., bytes],
    make_person: Callable[..., Identity],
) -> None:
    differs = draw(view, **CHANGES[attribute]) != draw(view)
    assert differs == (attribute in visible(make_person(), view, hides_shoes=False))


@pytest.mark.parametrize('view', VIEWS)
def test_shirt_below_an_open_jacket_shows_only_in_front(
    view: str, draw: Callable[..., bytes]
) -> None:
    red, blue = (
        draw(view, upper=Upper('jacket', 'black', 'long', 'open', second))
        for second in ('red', 'blue')
    )
    assert (red != blue) == (view == 'front')


@pytest.mark.parametrize('view', VIEWS)
def test_person_stands_in_the_frame(
    view: str, make_canvas: Callable[..., Canvas], make_person: Callable[..., Identity]
) -> None:
    canvas = make_canvas()
    draw_person(canvas, make_person(), Pose(view, 0.5, 0.0))
    covered = (np.asarray(canvas.image) != 255).any(axis=2)
    rows = np.flatnonzero(covered.any(axis=1))
    assert rows[0] == pytest.approx(20, abs=8)  # the frame puts the head's top here
    assert rows[-1] == pytest.approx(180, abs=8)  # and the soles here
    assert not covered[:, 0].any()
    assert not covered[:, -1].any()


def test_pose_changes_the_picture(draw: Callable[..., bytes]) -> None:
    assert draw('side', stride=0.1) != draw('side', stride=0.9)
    assert draw('front', bend=0.0) != draw('front', bend=1.0)


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
