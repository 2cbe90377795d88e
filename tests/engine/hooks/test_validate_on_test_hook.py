"""A run that validates on the test split as well, whole and resumed after its first epoch."""

import json

import pytest
import torch
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config

BOTH = """
train_cfg = dict(max_epochs=2, val_interval=1)
default_hooks = dict(
    checkpoint=dict(save_best=['t2i/mAP', 'test/t2i/mAP']),
    validate_on_test=dict(type='ValidateOnTestHook'),
)
"""


@pytest.fixture(scope='module')
def runs(tmp_path_factory, write_small_config):
    """Folders of a whole run of two epochs and of one resumed after the first."""
    folder = tmp_path_factory.mktemp('both')
    whole, resumed = (folder / name for name in ('whole', 'resumed'))
    config = write_small_config(folder / 'small.py', 'itc/clip_itc_synthetic.py', BOTH)
    Runner.from_cfg(load_run_config(config, str(whole))).train()
    options = dict(resume=True, load_from=str(whole / 'epoch_1.pth'), experiment_name='resumed')
    Runner.from_cfg(load_run_config(config, str(resumed), options)).train()
    return whole, resumed


def test_validation_has_scores_of_both_splits(runs):
    lines = (json.loads(x) for x in next(runs[0].glob('*/vis_data/scalars.json')).open())
    validated = [line for line in lines if 't2i/mAP' in line]
    assert [line['step'] for line in validated] == [1, 2]
    assert all(line['test/t2i/mAP'] != line['t2i/mAP'] for line in validated)


def test_the_best_on_val_and_the_best_on_test_are_kept_and_tested(runs):
    assert len([*runs[0].glob('best_t2i_mAP_*.pth')]) == 1
    assert len([*runs[0].glob('best_test_t2i_mAP_*.pth')]) == 1
    scores = json.loads((runs[0] / 'test_scores.json').read_text())
    assert scores['best on test/t2i/mAP'] >= scores['t2i/mAP']


def test_a_resumed_run_ends_as_the_whole_one(runs):
    files = [sorted(path.name for path in folder.glob('*.pth')) for folder in runs]
    assert set(files[1]) == set(files[0]) - {'epoch_1.pth'}
    for name in files[1]:
        one, other = (torch.load(folder / name)['state_dict'] for folder in runs)
        assert one.keys() == other.keys()
        assert all(torch.equal(other[key], value) for key, value in one.items())
    scores = [json.loads((folder / 'test_scores.json').read_text()) for folder in runs]
    assert scores[0] == scores[1]
