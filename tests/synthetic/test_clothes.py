from collections.abc import Callable

import pytest

from cpcl_mm.synthetic.attributes import PATTERNS, SLEEVES, Upper
from cpcl_mm.synthetic.pose import VIEWS

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
