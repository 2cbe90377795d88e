import colorsys

import numpy as np
import pytest
from PIL import Image

from cpcl_mm.synthetic.canvas import Canvas, Frame
from cpcl_mm.synthetic.nuisance import HIGH_OCCLUDERS, LOW_OCCLUDERS
from cpcl_mm.synthetic.scene import draw_background, draw_occluder, draw_shadow

SIZE = (96, 192)


def _blank() -> Canvas:
    return Canvas(Image.new('RGB', SIZE, (255, 0, 255)), Frame(192, 48))


def _background(saturation: float = 0.3, clutter: int = 0, seed: int = 0) -> np.ndarray:
    canvas = _blank()
    draw_background(canvas, saturation, clutter, np.random.default_rng(seed))
    return np.asarray(canvas.image)


def test_background_covers_the_image() -> None:
    for seed in range(5):
        assert not (_background(seed=seed) == (255, 0, 255)).all(axis=2).any()


def test_saturation_zero_is_grey() -> None:
    for seed in range(5):
        pixels = _background(saturation=0.0, seed=seed).reshape(-1, 3)
        assert max(colorsys.rgb_to_hsv(*(pixel / 255))[1] for pixel in pixels[::101]) < 0.02


def test_clutter_adds_objects() -> None:
    assert any(
        (_background(clutter=6, seed=seed) != _background(clutter=0, seed=seed)).any()
        for seed in range(3)
    )


@pytest.mark.parametrize('kind', HIGH_OCCLUDERS + LOW_OCCLUDERS)
def test_only_low_occluders_hide_the_feet(kind: str) -> None:
    for seed in range(5):
        canvas = _blank()
        draw_occluder(canvas, kind, 0.5, np.random.default_rng(seed))
        changed = (np.asarray(canvas.image) != (255, 0, 255)).any(axis=2)
        assert changed.any()
        assert changed[-12:].all() == (kind in LOW_OCCLUDERS)
        assert not changed[:, 44:52][30:140].any()  # face and torso stay in sight


def test_shadow_lies_under_the_feet() -> None:
    canvas = _blank()
    draw_shadow(canvas)
    changed = (np.asarray(canvas.image) != (255, 0, 255)).any(axis=2)
    assert changed[-8].any()
    assert not changed[:170].any()
