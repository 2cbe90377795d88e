from collections.abc import Callable
from itertools import combinations

import pytest

from cpcl_mm.synthetic.attributes import Item
from cpcl_mm.synthetic.figure import VIEWS


@pytest.mark.parametrize('view', ['front', 'side'])
def test_glasses_differ_from_sunglasses_and_from_none(
    view: str, draw: Callable[..., bytes]
) -> None:
    assert len({draw(view, eyewear=kind) for kind in (None, 'glasses', 'sunglasses')}) == 3


def test_face_is_not_seen_from_behind(draw: Callable[..., bytes]) -> None:
    assert draw('back', eyewear='sunglasses', beard=True) == draw('back', eyewear=None, beard=False)


@pytest.mark.parametrize('view', ['front', 'side', 'back'])
def test_skin_shows_from_all_sides(view: str, draw: Callable[..., bytes]) -> None:
    assert draw(view, skin=0) != draw(view, skin=4)


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


KINDS = ('cap', 'beanie', 'hat')


@pytest.mark.parametrize('view', VIEWS)
def test_headwear_looks_different(view: str, draw: Callable[..., bytes]) -> None:
    worn = (None, *(Item(kind, 'red') for kind in KINDS))
    assert len({draw(view, headwear=item) for item in worn}) == 4


@pytest.mark.parametrize('kind', KINDS)
def test_headwear_hides_the_cut_of_the_hair_in_front(kind: str, draw: Callable[..., bytes]) -> None:
    """What sticks out is too little to name: captions keep silent about it."""
    changed = []
    for headwear in (None, Item(kind, 'red')):
        short, bald = (
            draw('front', hair=Item(style, 'black'), headwear=headwear, beard=False)
            for style in ('short', 'bald')
        )
        changed.append(sum(a != b for a, b in zip(short, bald, strict=True)))
    assert changed[1] < changed[0] / 3
