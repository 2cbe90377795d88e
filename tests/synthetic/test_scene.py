import colorsys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from cpcl_mm.synthetic.canvas import Canvas
from cpcl_mm.synthetic.scene import (
    HIGH_OCCLUDERS,
    LOW_OCCLUDERS,
    SENSOR_NOISE,
    draw_background,
    draw_occluder,
    draw_shadow,
    open_scene,
    sample_shot,
    take_picture,
)
from cpcl_mm.synthetic.settings import SyntheticSettings

SIZE = (96, 192)


def _blank() -> Canvas:
    return Canvas(Image.new('RGB', SIZE, (255, 0, 255)), 192, 48)


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


KNOBS = ('scale', 'shift', 'light', 'color_cast', 'blur', 'occlusion', 'side_view')
NONE = dict.fromkeys(KNOBS, 0.0)


def _shots(settings: SyntheticSettings, count: int = 400) -> list:
    rng = np.random.default_rng(0)
    return [sample_shot(settings, rng) for _ in range(count)]


def _picture(shot: object, settings: SyntheticSettings) -> np.ndarray:
    return np.asarray(take_picture(open_scene(settings, shot), settings, shot), dtype=float)


def test_without_nuisance_all_shots_are_framed_alike() -> None:
    for shot in _shots(SyntheticSettings(**NONE)):
        assert (shot.scale, shot.shift_x, shot.shift_y) == (1, 0, 0)
        assert (shot.gamma, shot.cast, shot.blur, shot.occluder) == (1, (1, 1, 1), 0, None)


def test_nuisance_grows_with_its_setting() -> None:
    weak, strong = (
        np.std([np.log(shot.gamma) for shot in _shots(SyntheticSettings(light=light))])
        for light in (0.1, 0.4)
    )
    assert strong == pytest.approx(4 * weak)


def test_occluders_are_as_frequent_as_wanted() -> None:
    shots = _shots(SyntheticSettings(occlusion=0.5))
    assert np.mean([shot.occluder is not None for shot in shots]) == pytest.approx(0.5, abs=0.08)
    assert {shot.occluder for shot in shots if shot.hides_shoes} == set(LOW_OCCLUDERS)


def test_picture_has_the_wanted_size() -> None:
    settings = SyntheticSettings(height=64, width=40)
    assert _picture(_shots(settings, 1)[0], settings).shape == (64, 40, 3)


def test_picture_repeats() -> None:
    settings = SyntheticSettings()
    shot = _shots(settings, 1)[0]
    assert (_picture(shot, settings) == _picture(shot, settings)).all()


def test_gamma_above_one_is_darker_and_cast_is_a_tint() -> None:
    settings = SyntheticSettings(**NONE)
    shot = _shots(settings, 1)[0]
    plain = _picture(shot, settings)
    assert _picture(replace(shot, gamma=1.5), settings).mean() < plain.mean() - 5
    tinted = _picture(replace(shot, cast=(1.0, 1.0, 0.5)), settings)
    assert tinted[..., 0].mean() == pytest.approx(plain[..., 0].mean(), abs=0.1)
    assert tinted[..., 2].mean() == pytest.approx(plain[..., 2].mean() / 2, rel=0.02)


def test_blur_removes_detail() -> None:
    settings = SyntheticSettings(**NONE, height=192, width=96)
    shot = _shots(settings, 1)[0]
    sharp, blurred = (
        np.abs(np.diff(_picture(replace(shot, blur=blur), settings), axis=0)).mean()
        for blur in (0.0, 0.02)
    )
    assert blurred < sharp
    assert sharp > SENSOR_NOISE / 2
