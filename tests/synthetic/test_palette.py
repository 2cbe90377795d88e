import pytest

from cpcl_mm.synthetic.palette import (
    COLORS,
    CONFUSED_HAIR,
    CONFUSED_WITH,
    HAIR,
    Color,
    mixed,
    scaled,
)


def test_scaled_stays_a_color() -> None:
    assert scaled((100, 200, 0), 1.5) == (150, 255, 0)


def test_mixed_goes_from_the_first_to_the_second() -> None:
    black, white = (0, 0, 0), (255, 255, 255)
    assert mixed(black, white, 0.0) == black
    assert mixed(black, white, 1.0) == white
    assert mixed(black, white, 0.2) == (51, 51, 51)


@pytest.mark.parametrize(('colors', 'table'), [(COLORS, CONFUSED_WITH), (HAIR, CONFUSED_HAIR)])
def test_every_color_can_be_mistaken_for_others_but_not_for_itself(
    colors: dict[str, Color], table: dict[str, tuple[str, ...]]
) -> None:
    assert table.keys() == colors.keys()
    for name, others in table.items():
        assert name not in others
        assert set(others) <= colors.keys()
