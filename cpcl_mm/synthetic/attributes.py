"""Who is drawn: sets of attributes, sampled with near-duplicates, and what a view shows of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .canvas import Color
from .settings import SPLITS, SyntheticSettings

COLORS: dict[str, Color] = {
    'black': (40, 40, 46), 'white': (242, 242, 238), 'grey': (142, 147, 154),
    'red': (204, 46, 50), 'orange': (238, 130, 40), 'yellow': (244, 208, 66),
    'green': (58, 146, 84), 'blue': (50, 98, 190), 'purple': (124, 70, 166),
    'pink': (242, 146, 178), 'brown': (122, 80, 50), 'beige': (216, 194, 156),
}  # fmt: skip

HAIR: dict[str, Color] = {
    'black': (36, 32, 34), 'brown': (98, 62, 40), 'blond': (226, 190, 110),
    'grey': (168, 168, 172), 'red': (178, 78, 40),
}  # fmt: skip

SKIN: tuple[Color, ...] = (
    (250, 220, 196),
    (238, 196, 160),
    (212, 160, 120),
    (164, 112, 78),
    (112, 74, 52),
)


@dataclass(frozen=True)
class Item:
    """A thing of one color: hair or something worn; the last three are the upper garment's."""

    kind: str  # a noun such as 'sweater'
    color: str
    sleeves: str = ''  # 'long', 'short' or 'none'
    pattern: str = 'plain'  # also a fabric, a logo, or 'open': worn open over a shirt
    second: str = ''  # color of the pattern, the logo or the shirt below


@dataclass(frozen=True)
class Identity:
    """A person. ``skin``, ``girth`` and ``shade`` are drawn but never put into words."""

    gender: str
    skin: int
    girth: float
    shade: float
    hair: Item
    headwear: Item | None
    eyewear: str | None
    beard: bool
    upper: Item
    lower: Item
    shoes: Item
    bag: Item | None
    scarf: Item | None

    def described(self) -> tuple[Any, ...]:
        """Give what captions can tell of the person: equal for people nobody could tell apart."""
        lower = None if self.upper.kind == 'dress' else self.lower
        return (
            self.gender, self.hair, self.headwear, self.eyewear, self.beard,
            self.upper, lower, self.shoes, self.bag, self.scarf,
        )  # fmt: skip


Weights = dict[Any, float]

KINDS: dict[str, Weights] = {
    'hair': {},
    'headwear': {None: 6, 'cap': 2, 'beanie': 1, 'hat': 1},
    'eyewear': {None: 6, 'glasses': 2, 'sunglasses': 1},
    'beard': {},
    'upper': {'tee': 3, 'shirt': 2, 'sweater': 2, 'hoodie': 2, 'jacket': 2.5, 'coat': 1.5},
    'lower': {'trousers': 4, 'jeans': 3, 'shorts': 2},
    'shoes': {'sneakers': 4, 'shoes': 2, 'boots': 2, 'sandals': 1},
    'bag': {None: 4, 'backpack': 2.5, 'shoulder bag': 1.5, 'suitcase': 1},
    'scarf': {'scarf': 0.12, None: 0.88},
}
"""The attributes that captions may mention, and how frequent each kind of them is."""

KINDS_OF: dict[str, dict[str, Weights]] = {
    'man': {
        'hair': {'short': 6, 'curly': 1.5, 'long': 0.7, 'bald': 1.2},
        'beard': {True: 0.25, False: 0.75},
        'bag': {'handbag': 0.7},
    },
    'woman': {
        'hair': {'long': 4, 'ponytail': 2, 'bun': 1.5, 'short': 1.5, 'curly': 1.2},
        'upper': {'dress': 1.5, 'top': 1.2},
        'lower': {'skirt': 3},
        'bag': {'handbag': 2.5},
    },
}

SLEEVES: dict[str, Weights] = {
    'tee': {'short': 1},
    'top': {'none': 1},
    'shirt': {'long': 2, 'short': 1},
    'sweater': {'long': 1},
    'hoodie': {'long': 1},
    'jacket': {'long': 1},
    'coat': {'long': 1},
    'dress': {'short': 1, 'none': 1},
}

PATTERNS: dict[str, Weights] = {
    'tee': {'plain': 4, 'stripes': 2, 'dots': 1, 'star': 1.5, 'heart': 1.5},
    'top': {'plain': 4, 'stripes': 2, 'dots': 1},
    'shirt': {'plain': 4, 'stripes': 1.5, 'checks': 3},
    'sweater': {'plain': 4, 'stripes': 3, 'star': 1, 'heart': 1},
    'hoodie': {'plain': 4, 'star': 1.5, 'heart': 1},
    'jacket': {'plain': 4, 'open': 4},
    'coat': {'plain': 4, 'checks': 1, 'open': 3},
    'dress': {'plain': 4, 'stripes': 1.5, 'dots': 2},
}


def pick(rng: np.random.Generator, weights: Mapping[Any, float]) -> Any:
    """Draw a key of ``weights`` in proportion to its weight."""
    keys = list(weights)
    share = np.array([weights[key] for key in keys], dtype=np.float64)
    return keys[rng.choice(len(keys), p=share / share.sum())]


def _color(rng: np.random.Generator, names: Iterable[str] = COLORS) -> str:
    names = list(names)
    return names[int(rng.integers(len(names)))]


def _sample(slot: str, gender: str, rng: np.random.Generator) -> Any:
    """Give what somebody has in a slot, or None."""
    kinds = KINDS[slot] | KINDS_OF[gender].get(slot, {})
    kind: Any = pick(rng, kinds) if kinds else False
    if kind is None or slot in ('eyewear', 'beard'):
        return kind
    if slot == 'upper':
        sleeves, color, pattern = pick(rng, SLEEVES[kind]), _color(rng), pick(rng, PATTERNS[kind])
        others = [name for name in COLORS if name != color]
        return Item(
            kind, color, sleeves, pattern, '' if pattern == 'plain' else _color(rng, others)
        )
    if slot == 'hair':
        return Item(kind, _color(rng, HAIR))
    return Item(kind, _color(rng, ('blue', 'black', 'grey') if kind == 'jeans' else COLORS))


def is_plausible(identity: Identity) -> bool:
    """Whether someone would go out like this, with nothing hidden below a coat."""
    upper, lower = identity.upper, identity.lower
    warm = upper.kind in ('coat', 'hoodie', 'sweater', 'jacket')
    return not (
        (upper.kind == 'coat' and lower.kind in ('shorts', 'skirt'))
        or (identity.scarf and not warm)
        or (warm and identity.shoes.kind == 'sandals')
        or upper.color == lower.color
    )


def sample_identity(rng: np.random.Generator) -> Identity:
    """Give a plausible person, every attribute drawn on its own."""
    while True:
        gender = str(rng.choice(['man', 'woman']))
        identity = Identity(
            gender=gender,
            skin=int(rng.integers(len(SKIN))),
            girth=float(rng.uniform(0.9, 1.15)),
            shade=float(rng.uniform(0.88, 1.12)),
            **{slot: _sample(slot, gender, rng) for slot in KINDS},
        )
        if is_plausible(identity):
            return identity


def near_duplicate(identity: Identity, rng: np.random.Generator) -> Identity:
    """Another person who differs from ``identity`` in one or two attributes that captions name."""
    while True:
        slots = rng.choice(list(KINDS), size=rng.integers(1, 3), replace=False).tolist()
        other = replace(identity, **{slot: _sample(slot, identity.gender, rng) for slot in slots})
        if is_plausible(other) and other.described() != identity.described():
            return other


def sample_identities(settings: SyntheticSettings) -> dict[str, list[Identity]]:
    """Give the people of every split; no two of them, in any splits, have the same attributes.

    Each split has its own random stream, so that the test people stay the same however many
    people the train split holds (but for the rare one who is already taken).
    """
    taken: set[tuple[Any, ...]] = set()
    people: dict[str, list[Identity]] = {split: [] for split in SPLITS}
    for split in reversed(SPLITS):  # test first: its people must not give way to train's
        rng, found = np.random.default_rng([settings.seed, SPLITS.index(split)]), people[split]
        while len(found) < settings.identities(split):
            if found and rng.random() < settings.near_duplicates:
                person = near_duplicate(found[rng.integers(len(found))], rng)
            else:
                person = sample_identity(rng)
            if person.described() not in taken:
                taken.add(person.described())
                found.append(person)
    return people


def visible(identity: Identity, view: str, hides_shoes: bool) -> frozenset[str]:
    """Names of the attributes that an image of this view shows.

    Args:
        identity: Who is in the image.
        view: ``'front'``, ``'back'`` or ``'side'``.
        hides_shoes: Whether something stands before the feet.

    Returns:
        A subset of ``hair hair_style headwear eyewear beard upper logo open lower shoes bag
        scarf``.
    """
    shown = {'upper', 'headwear', 'scarf'}
    if view != 'back':
        shown |= {'eyewear', 'beard'}
    if view == 'front':
        shown |= {'logo', 'open'}
    if identity.upper.kind != 'dress':
        shown.add('lower')
    if not hides_shoes:
        shown.add('shoes')
    if identity.bag is None or identity.bag.kind != 'backpack' or view != 'front':
        shown.add('bag')
    return frozenset(shown | _visible_hair(identity, view))


def _visible_hair(identity: Identity, view: str) -> set[str]:
    style, covered = identity.hair.kind, identity.headwear is not None
    if covered and (style == 'bald' or (view == 'front' and style != 'long')):
        return set()
    if style == 'ponytail':
        return {'hair'} if view == 'front' else {'hair', 'hair_style'}
    return {'hair'} if covered and style != 'long' else {'hair', 'hair_style'}
