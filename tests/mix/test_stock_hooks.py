"""Hooks of mmengine and mmpretrain beside ours, over clusterings that change every size."""

import contextlib
import io
from pathlib import Path

import pytest
import torch
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config
from cpcl_mm.engine.hooks import pseudo_label_hook
from cpcl_mm.models import TextToImageRetriever

BASE = 'mix/cpcl_stock_hooks_synthetic.py'
# Averaged buffers as well: labels and prototypes, which change their size, must be none of them.
WHOLE = dict(epochs=3, update_buffers=True)
WEIGHT = 'image_backbone.tower.head.proj.weight'
SETTINGS = """
train_cfg['max_epochs'] = {epochs}
train_cfg['val_interval'] = 1
custom_hooks = [*_base_.custom_hooks]
for hook in custom_hooks:
    if hook['type'] == 'EMAHook':
        hook.update(momentum=0.3, update_buffers={update_buffers})
    if hook['type'] == 'EarlyStoppingHook':
        hook.update({early_stopping})
    if hook['type'] == 'ProfilerHook':
        hook.update(profile_times=2)
clusterer = dict(type='JaccardDBSCAN', k1=4, k2=2, min_samples=2, _delete_=True)
labeller = dict(image=clusterer, text=clusterer)
default_hooks = dict(
    checkpoint=dict(max_keep_ckpts=-1), pseudo_labels=dict(start=1, labeller=labeller)
)
"""


def train(config, work_dir, write, epochs=2, update_buffers=False, early_stopping='', **options):
    """Train with all hooks and return the runner; ``write`` writes the config file."""
    extra = SETTINGS.format(
        epochs=epochs, update_buffers=update_buffers, early_stopping=early_stopping
    )
    runner = Runner.from_cfg(load_run_config(write(config, BASE, extra), str(work_dir), options))
    runner.train()
    return runner


@pytest.fixture
def run(tmp_path, write_small_config):
    """A function that trains with some settings and returns the runner."""

    def run(name, **settings):
        return train(tmp_path / f'{name}.py', tmp_path / name, write_small_config, **settings)

    return run


@pytest.fixture(scope='module')
def whole(tmp_path_factory, write_small_config):
    """The runner of three epochs, what it printed, and the weights that extracted and predicted."""
    folder, printed = tmp_path_factory.mktemp('hooks'), io.StringIO()
    weights = {'extract_samples': [], 'predict': []}
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        for owner, name in (
            (pseudo_label_hook, 'extract_samples'),
            (TextToImageRetriever, 'predict'),
        ):
            patch.setattr(owner, name, noting(getattr(owner, name), weights[name]))
        runner = train(folder / 'small.py', folder / 'run', write_small_config, **WHOLE)
    return runner, printed.getvalue(), weights


def noting(function, weights):
    """The same function, which notes the weights of the model that it is called for."""

    def noted(first, *args, **kwargs):
        model = first.model if isinstance(first, Runner) else first
        weights.append(model.state_dict()[WEIGHT].clone())
        return function(first, *args, **kwargs)

    return noted


def checkpoint(runner, epoch):
    return torch.load(Path(runner.work_dir, f'epoch_{epoch}.pth'), map_location='cpu')


def differing(one, other):
    assert one.keys() == other.keys()
    return [key for key in one if not torch.equal(one[key], other[key])]


def test_all_of_them_together(whole):
    runner, printed, _ = whole
    names = {type(hook).__name__ for hook in runner.hooks}
    assert {'EMAHook', 'EarlyStoppingHook', 'ProfilerHook', 'VisualizationHook'} <= names
    assert len(checkpoint(runner, 2)['pseudo_labels']['labels']['image']) == 12
    assert Path(runner.work_dir, 'test_scores.json').exists()
    assert Path(runner.work_dir, 'ranked_results.png').exists()
    assert 'Self CPU time total' in printed


def test_a_checkpoint_holds_the_averaged_weights_and_those_that_train(whole):
    saved = checkpoint(whole[0], 2)
    averaged, trained = saved['state_dict'], saved['ema_state_dict']
    assert not torch.equal(averaged[WEIGHT], trained[f'module.{WEIGHT}'])
    # Labels and prototypes are neither, so nothing averages them.
    assert not [key for key in (*averaged, *trained) if 'memor' in key or 'label' in key]


def test_a_resumed_run_equals_an_uninterrupted_one(whole, run):
    runner = whole[0]
    options = dict(resume=True, load_from=str(Path(runner.work_dir, 'epoch_2.pth')))
    resumed = run('resumed', **WHOLE, **options)
    one, other = checkpoint(runner, 3), checkpoint(resumed, 3)
    for part in ('state_dict', 'ema_state_dict'):
        assert differing(one[part], other[part]) == []
    labels, memories = (
        [saved['pseudo_labels'][kind] for saved in (one, other)] for kind in ('labels', 'memories')
    )
    assert differing(*labels) == []
    assert memories[0].keys() == memories[1].keys()
    for name in memories[0]:
        assert differing(memories[0][name], memories[1][name]) == []


def test_clusters_are_made_by_the_weights_that_train_and_scores_by_the_averaged_ones(whole):
    runner, _, weights = whole
    saved = [checkpoint(runner, epoch) for epoch in (1, 2, 3)]
    averaged = [one['state_dict'][WEIGHT] for one in saved]
    trained = [one['ema_state_dict'][f'module.{WEIGHT}'] for one in saved]
    assert len(weights['extract_samples']) == 2
    assert all(map(torch.equal, weights['extract_samples'], trained[:2]))
    for one in averaged:
        assert any(torch.equal(one, used) for used in weights['predict'])
    for one in trained:
        assert not any(torch.equal(one, used) for used in weights['predict'])


def test_early_stopping_still_ends_with_the_test_of_the_best(run):
    runner = run('short', epochs=5, early_stopping='patience=1, min_delta=200')
    assert runner.epoch < 5
    assert Path(runner.work_dir, 'test_scores.json').exists()
