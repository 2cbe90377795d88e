"""Who reads identities, and what is said where there are none."""

import pytest
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config

WITHOUT = ['icpg', 'dgcmia']
WITH = ['irra', 'rde']


@pytest.fixture(scope='module')
def nameless(make_pedes, tmp_path_factory):
    """A training set without identities; val and test, which need them, are another's."""
    return make_pedes(tmp_path_factory.mktemp('nameless'), dict(train=3), with_ids=False)


@pytest.fixture
def run(nameless, small_config, tmp_path):
    """A function that makes the runner of a method on it."""

    def make(method):
        extra = f"""
train_dataloader['dataset'] = dict(data, data_root={str(nameless)!r})
train_cfg = dict(max_epochs=1, val_interval=1)
default_hooks = dict(ranked_sheet=None)
"""
        config = small_config(f'{method}/{method}_synthetic.py', extra)
        return Runner.from_cfg(load_run_config(config, str(tmp_path / 'run')))

    return make


@pytest.mark.parametrize('method', WITH)
def test_a_method_that_needs_identities_says_so_before_the_first_step(run, method):
    runner = run(method)
    with pytest.raises(ValueError, match='learns from true identities, and the training set has'):
        runner.train()
    assert runner.iter == 0


@pytest.mark.parametrize('method', WITHOUT)
def test_a_method_without_identities_trains(run, method):
    runner = run(method)
    runner.train()
    assert runner.iter == 3
