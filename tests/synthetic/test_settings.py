from dataclasses import fields

import pytest

from cpcl_mm.synthetic.settings import SyntheticSettings


def test_defaults_are_the_studied_sizes() -> None:
    counts = SyntheticSettings().counts()
    images = {split: count['images'] for split, count in counts.items()}
    assert images == {'train': 3200, 'val': 400, 'test': 600}


def test_every_knob_says_what_it_means() -> None:
    assert all(knob.metadata['help'].endswith('.') for knob in fields(SyntheticSettings))


@pytest.mark.parametrize(
    ('knob', 'value', 'message'),
    [
        ('omission', 1.5, 'omission must be between 0.0 and 1.0, but is 1.5'),
        ('blur', -0.1, 'blur must be between'),
        ('height', 8, 'height must be at least 32, but is 8'),
        ('train_identities', 0, 'train_identities must be at least 1'),
        ('jpeg_quality', 101, 'jpeg_quality must be between 1 and 100'),
        ('light', float('nan'), 'light must be between'),
    ],
)
def test_value_out_of_range_is_named(knob: str, value: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SyntheticSettings(**{knob: value})


@pytest.mark.parametrize(('knob', 'value'), [('seed', 1.0), ('width', '48'), ('blur', True)])
def test_value_of_wrong_type_is_named(knob: str, value: object) -> None:
    with pytest.raises(TypeError, match=f'{knob} must be a'):
        SyntheticSettings(**{knob: value})


def test_whole_number_is_good_enough_for_a_share() -> None:
    assert SyntheticSettings(omission=0).omission == 0


def test_views_must_leave_room_for_each_other() -> None:
    with pytest.raises(ValueError, match='back_view=0.8 and side_view=0.3 add up to more than 1'):
        SyntheticSettings(back_view=0.8, side_view=0.3)
