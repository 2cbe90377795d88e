import copy
from pathlib import Path

import pytest
from mmengine.config import Config

from cpcl_mm.apis.ladder.warm_up import can_start_from, epochs_before_clustering, warm_up_config

LADDER = Path(__file__).parents[3] / 'configs' / 'synthetic_ladder'


@pytest.fixture(scope='module')
def read():
    return {path.stem: Config.fromfile(path) for path in LADDER.glob('*.py')}


@pytest.fixture
def cfgs(read):
    """The configs of the built-in ladder by name."""
    return copy.deepcopy(read)


def test_all_but_the_longer_schedule_go_on_from_the_same_warm_up(cfgs):
    warm_up = warm_up_config(cfgs['itc'], 8)
    alone = [name for name, cfg in cfgs.items() if not can_start_from(cfg, warm_up)]
    assert alone == ['itc_equal_time']


@pytest.mark.parametrize(
    ('key', 'value'),
    [
        ('randomness.seed', 1),
        ('optim_wrapper.optimizer.lr', 0.5),
        ('train_dataloader.batch_size', 4),
        ('model.text_backbone.architecture', 'other'),
    ],
)
def test_what_the_warm_up_depends_on_must_agree(cfgs, key, value):
    cfgs['oplm'].merge_from_dict({key: value})
    assert not can_start_from(cfgs['oplm'], cfgs['itc'])


def test_the_warm_up_keeps_its_schedule_and_is_not_validated(cfgs):
    warm_up = warm_up_config(cfgs['itc'], 8)
    assert warm_up.train_cfg.max_epochs == 8
    assert warm_up.param_scheduler == cfgs['itc'].param_scheduler
    assert warm_up.val_dataloader is None
    assert 'save_best' not in warm_up.default_hooks.checkpoint
    assert cfgs['itc'].default_hooks.checkpoint.save_best == 't2i/mAP'


def test_the_warm_up_ends_where_clustering_starts(cfgs):
    start = cfgs['oplm'].default_hooks.pseudo_labels.start
    assert epochs_before_clustering(cfgs) == start
    cfgs['hcm'].default_hooks.pseudo_labels.start = start + 1
    with pytest.raises(ValueError, match=f"'hcm': {start + 1}.*one number for all"):
        epochs_before_clustering(cfgs)


def test_without_a_clustering_or_before_the_first_epoch(cfgs):
    with pytest.raises(ValueError, match='never'):
        epochs_before_clustering({'itc': cfgs['itc']})
    cfgs['oplm'].default_hooks.pseudo_labels.start = 0
    with pytest.raises(ValueError, match='at least 1'):
        epochs_before_clustering({'oplm': cfgs['oplm']})


def test_a_training_that_ends_with_its_warm_up(cfgs):
    cfgs['pmm'].train_cfg.max_epochs = 3
    with pytest.raises(ValueError, match='pmm trains 3 epochs'):
        epochs_before_clustering(cfgs)
