from collections.abc import Callable

import pytest

from cpcl_mm.synthetic.attributes import Identity, Item, Upper
from cpcl_mm.synthetic.visibility import visible

EVERYTHING = {
    'hair', 'hair_style', 'headwear', 'eyewear', 'beard', 'upper', 'logo', 'open', 'lower',
    'shoes', 'bag', 'scarf',
}  # fmt: skip


@pytest.mark.parametrize(
    ('view', 'hidden'),
    [
        ('front', {'bag'}),  # a backpack
        ('side', {'logo', 'open'}),
        ('back', {'logo', 'open', 'eyewear', 'beard'}),
    ],
)
def test_each_view_hides_something(
    view: str, hidden: set[str], make_person: Callable[..., Identity]
) -> None:
    assert visible(make_person(), view, hides_shoes=False) == EVERYTHING - hidden


def test_other_bags_than_a_backpack_show_in_front(make_person: Callable[..., Identity]) -> None:
    person = make_person(bag=Item('handbag', 'red'))
    assert visible(person, 'front', hides_shoes=False) == EVERYTHING


def test_occluder_hides_the_shoes(make_person: Callable[..., Identity]) -> None:
    assert 'shoes' not in visible(make_person(), 'front', hides_shoes=True)


def test_dress_hides_what_is_below(make_person: Callable[..., Identity]) -> None:
    person = make_person(upper=Upper('dress', 'red', 'short'))
    assert 'lower' not in visible(person, 'front', hides_shoes=False)


@pytest.mark.parametrize(
    ('view', 'style', 'shown'),
    [
        ('front', 'short', set()),
        ('front', 'long', {'hair', 'hair_style'}),
        ('back', 'short', {'hair'}),
        ('back', 'ponytail', {'hair', 'hair_style'}),
        ('back', 'bald', set()),
    ],
)
def test_what_a_cap_leaves_of_the_hair(
    view: str, style: str, shown: set[str], make_person: Callable[..., Identity]
) -> None:
    person = make_person(headwear=Item('cap', 'red'), hair=Item(style, 'brown'))
    assert visible(person, view, hides_shoes=False) & {'hair', 'hair_style'} == shown
