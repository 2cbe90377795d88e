from collections.abc import Callable

import pytest

from cpcl_mm.synthetic.attributes import Item
from cpcl_mm.synthetic.pose import VIEWS

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
