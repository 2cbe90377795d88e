"""A config that is measured in no time."""

import pytest

from cpcl_mm.apis import load_run_config


@pytest.fixture
def cfg(small_config):
    """CPCL on the tests' data set: 12 images, 24 captions."""
    return load_run_config(small_config('cpcl_synthetic.py'))
