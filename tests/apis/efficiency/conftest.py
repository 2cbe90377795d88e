"""A config that is measured in no time."""

import pytest

from cpcl_mm.apis import load_run_config

CLUSTER = """
custom_hooks = [
    dict(
        type='PseudoLabelHook',
        pipeline=_base_.test_pipeline,
        clusterer=dict(type='JaccardDBSCAN', k1=6, k2=2, min_samples=2),
    ),
]
"""


@pytest.fixture
def cfg(small_config):
    """CPCL on the tests' data set: 12 images, 24 captions."""
    return load_run_config(small_config('cpcl_synthetic.py', CLUSTER))
