from collections.abc import Callable

import pytest


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
