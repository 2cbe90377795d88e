from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cpcl_mm.synthetic.attributes import (
    KINDS,
    Identity,
    Item,
    is_plausible,
    near_duplicate,
    sample_identities,
    visible,
)
from cpcl_mm.synthetic.settings import SyntheticSettings


def _differences(first: Identity, second: Identity) -> int:
    return sum(getattr(first, slot) != getattr(second, slot) for slot in KINDS)


def _nearest(people: list[Identity]) -> list[int]:
    """For each person, in how many slots the most similar other one differs."""
    return [
        min(_differences(person, other) for other in people if other is not person)
        for person in people
    ]


def test_splits_have_the_wanted_sizes_and_share_nobody() -> None:
    people = sample_identities(SyntheticSettings())
    assert {split: len(people[split]) for split in people} == {
        'train': 800,
        'val': 100,
        'test': 150,
    }
    described = [person.described() for split in people.values() for person in split]
    assert len(set(described)) == 1050


def test_everyone_is_plausible() -> None:
    people = sample_identities(SyntheticSettings())
    assert all(is_plausible(person) for split in people.values() for person in split)


def test_test_people_do_not_depend_on_the_size_of_train() -> None:
    few, many = (
        sample_identities(SyntheticSettings(train_identities=count)) for count in (10, 300)
    )
    assert few['test'] == many['test']
    assert few['train'] == many['train'][:10]


def test_seed_decides_who_is_drawn() -> None:
    first, again, other = (
        sample_identities(SyntheticSettings(train_identities=5, seed=seed)) for seed in (0, 0, 1)
    )
    assert first == again
    assert first['train'] != other['train']


def test_near_duplicates_are_the_wanted_share() -> None:
    many = sample_identities(SyntheticSettings(near_duplicates=0.6))['test']
    none = sample_identities(SyntheticSettings(near_duplicates=0.0))['test']
    similar = np.mean([distance <= 2 for distance in _nearest(many)])
    assert 0.5 < similar < 0.95  # a duplicate and its original are both near one
    assert np.mean([distance <= 2 for distance in _nearest(none)]) < 0.1


def test_near_duplicate_differs_in_one_or_two_described_attributes(
    make_person: Callable[..., Identity],
) -> None:
    person = make_person()
    rng = np.random.default_rng(0)
    for _ in range(50):
        other = near_duplicate(person, rng)
        assert 1 <= _differences(person, other) <= 2
        assert other.described() != person.described()


def test_trousers_below_a_dress_make_no_other_person(make_person: Callable[..., Identity]) -> None:
    dressed = make_person(gender='woman', upper=Item('dress', 'red', 'short'))
    assert replace(dressed, lower=Item('jeans', 'black')).described() == dressed.described()


def test_shorts_below_a_coat_are_implausible(make_person: Callable[..., Identity]) -> None:
    coat = Item('coat', 'red', 'long')
    assert is_plausible(make_person(upper=coat))
    assert not is_plausible(make_person(upper=coat, lower=Item('shorts', 'blue')))


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
    person = make_person(upper=Item('dress', 'red', 'short'))
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
