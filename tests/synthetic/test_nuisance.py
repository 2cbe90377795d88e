from dataclasses import replace

import numpy as np
import pytest

from cpcl_mm.synthetic.nuisance import (
    LOW_OCCLUDERS,
    SENSOR_NOISE,
    open_scene,
    sample_shot,
    take_picture,
)
from cpcl_mm.synthetic.settings import SyntheticSettings

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
