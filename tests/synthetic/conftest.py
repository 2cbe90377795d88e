"""A tiny data set and blank canvases for the tests of SyntheticPedes."""

from collections.abc import Callable

import pytest
from PIL import Image

from cpcl_mm.synthetic import SyntheticSettings
from cpcl_mm.synthetic.attributes import Identity, Item
from cpcl_mm.synthetic.canvas import Canvas
from cpcl_mm.synthetic.drawing import draw_person
from cpcl_mm.synthetic.figure import Pose


@pytest.fixture
def tiny() -> SyntheticSettings:
    """Eighteen small images of nine people."""
    return SyntheticSettings(
        train_identities=4,
        val_identities=2,
        test_identities=3,
        images_per_identity=2,
        height=48,
        width=24,
    )


@pytest.fixture
def make_person() -> Callable[..., Identity]:
    """Makes a person with something in every slot; keywords change the slots."""

    def make(**changes: object) -> Identity:
        slots = {
            'gender': 'man',
            'skin': 1,
            'girth': 1.0,
            'shade': 1.0,
            'hair': Item('short', 'blond'),
            'headwear': None,
            'eyewear': 'glasses',
            'beard': True,
            'upper': Item('hoodie', 'green', 'long', 'star', 'yellow'),
            'lower': Item('trousers', 'blue'),
            'shoes': Item('boots', 'red'),
            'bag': Item('backpack', 'purple'),
            'scarf': Item('scarf', 'pink'),
        }
        return Identity(**{**slots, **changes})

    return make


@pytest.fixture
def make_canvas() -> Callable[..., Canvas]:
    """Makes a white canvas of 100 x 200 pixels on which a figure is 160 pixels tall."""

    def make(mirrored: bool = False) -> Canvas:
        image = Image.new('RGB', (100, 200), 'white')
        return Canvas(image, scale=160, x=50, y=20, mirrored=mirrored)

    return make


@pytest.fixture
def draw(
    make_canvas: Callable[..., Canvas], make_person: Callable[..., Identity]
) -> Callable[..., bytes]:
    """Draws a person of some attributes in a view and returns the pixels."""

    def picture(view: str, stride: float = 0.5, bend: float = 0.0, **changes: object) -> bytes:
        canvas = make_canvas()
        draw_person(canvas, make_person(**changes), Pose(view, stride, bend))
        return canvas.image.tobytes()

    return picture
