"""Configs by name, as ``cpcl_mm::NAME.py``; tests/test_wheel.py finds those of a wheel."""

from pathlib import Path

import pytest
from mmengine.hub import get_model

import cpcl_mm  # noqa: F401  (tells mmengine where the configs lie)
from cpcl_mm.apis import load_run_config

ROOT = Path(__file__).parents[2]


def test_a_checkout_is_found_by_name_as_well(tmp_path):
    by_path = load_run_config(str(ROOT / 'configs' / 'cpcl_synthetic.py'), str(tmp_path))
    by_name = load_run_config('cpcl_mm::cpcl_synthetic.py', str(tmp_path))
    assert by_name.to_dict() == by_path.to_dict()


def test_mmengine_builds_a_model_by_its_name():
    assert type(get_model('cpcl_mm::cpcl_synthetic.py')).__name__ == 'TextToImageRetriever'


@pytest.mark.parametrize('name', ['cpcl_mm::no_such.py', 'no_such.py'])
def test_a_config_that_is_not_there_is_named(name):
    with pytest.raises(FileNotFoundError, match=f'{name}.*cpcl_mm::cpcl_synthetic.py'):
        load_run_config(name)
