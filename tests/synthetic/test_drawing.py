from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from cpcl_mm.synthetic.attributes import COLORS, PATTERNS, SLEEVES, Identity, Item, visible
from cpcl_mm.synthetic.canvas import Canvas, scaled
from cpcl_mm.synthetic.drawing import Figure, draw_person
from cpcl_mm.synthetic.figure import VIEWS, Pose

CHANGES = {
    'hair': {'hair': Item('short', 'black')},
    'hair_style': {'hair': Item('curly', 'blond')},
    'eyewear': {'eyewear': 'sunglasses'},
    'beard': {'beard': False},
    'upper': {'upper': Item('hoodie', 'grey', 'long', 'star', 'yellow')},
    'logo': {'upper': Item('hoodie', 'green', 'long', 'heart', 'yellow')},
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
        draw(view, upper=Item('jacket', 'black', 'long', 'open', second))
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


def test_everyone_has_their_own_shade_of_a_color(
    make_person: Callable[..., Identity], make_canvas: Callable[..., Canvas]
) -> None:
    figure = Figure(make_canvas(), make_person(shade=0.9), Pose('front', 0.0, 0.0))
    assert figure.color('lower') == scaled(COLORS['blue'], 0.9)
    assert figure.color('lower', tone=0.5) == scaled(figure.color('lower'), 0.5)
    assert figure.color('lower', white=1.0) == (255, 255, 255)


BARE = {'scarf': None, 'bag': None}


@pytest.mark.parametrize('view', VIEWS)
def test_upper_garments_look_different_in_front_at_least(
    view: str, draw: Callable[..., bytes]
) -> None:
    uppers = [Item(kind, 'blue', max(SLEEVES[kind], key=len)) for kind in SLEEVES]
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
    plain = draw('front', upper=Item(kind, 'blue', sleeves), **BARE)
    patterned = draw('front', upper=Item(kind, 'blue', sleeves, pattern, 'yellow'), **BARE)
    assert patterned != plain


def test_sleeves_of_three_lengths(draw: Callable[..., bytes]) -> None:
    lengths = ('long', 'short', 'none')
    assert len({draw('front', upper=Item('shirt', 'red', length)) for length in lengths}) == 3


@pytest.mark.parametrize('view', VIEWS)
def test_lower_garments_look_different(view: str, draw: Callable[..., bytes]) -> None:
    kinds = ('trousers', 'jeans', 'shorts', 'skirt')
    assert len({draw(view, lower=Item(kind, 'black')) for kind in kinds}) == 4


@pytest.mark.parametrize('view', VIEWS)
def test_shoes_look_different(view: str, draw: Callable[..., bytes]) -> None:
    kinds = ('sneakers', 'shoes', 'boots', 'sandals')
    assert len({draw(view, shoes=Item(kind, 'red')) for kind in kinds}) == 4


def test_legs_below_a_dress_are_bare(draw: Callable[..., bytes]) -> None:
    dress = Item('dress', 'red', 'short')
    fair, dark = (draw('front', upper=dress, skin=skin) for skin in (0, 4))
    hidden = [draw('front', upper=dress, lower=Item(kind, 'blue')) for kind in ('jeans', 'shorts')]
    assert fair[-3 * 100 * 60 :] != dark[-3 * 100 * 60 :]  # the lowest 60 rows
    assert hidden[0] == hidden[1]


def test_sneakers_have_light_soles(draw: Callable[..., bytes]) -> None:
    sneakers, shoes = (
        sum(draw('front', shoes=Item(kind, 'black'))) for kind in ('sneakers', 'shoes')
    )
    assert sneakers > shoes


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
