from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import EMAHook as EngineEMAHook
from mmengine.hooks import Hook
from mmpretrain.engine.hooks import EMAHook as PretrainEMAHook
from torch import nn

from cpcl_mm.engine.averaged_models import resize_averaged_buffers
from cpcl_mm.models import ClusterContrastHead

LABELS = torch.tensor([0, 1, -1])


class Model(nn.Module):
    """One layer, and a head whose buffers change their size."""

    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(2, 2, bias=False)
        self.head = ClusterContrastHead()


@pytest.fixture(params=[EngineEMAHook, PretrainEMAHook], ids=['mmengine', 'mmpretrain'])
def ema_type(request):
    return request.param


@pytest.fixture(params=[False, True], ids=['parameters', 'buffers too'])
def runner(request, ema_type):
    hook = ema_type(momentum=0.5, update_buffers=request.param)
    result = SimpleNamespace(model=Model(), hooks=[Hook(), hook], iter=0, epoch=0)
    hook.before_run(result)
    return result


def step(runner, weight):
    nn.init.constant_(runner.model.backbone.weight, weight)
    runner.hooks[-1].after_train_iter(runner, 0)


def cluster(runner, clusters):
    runner.model.head.set_pseudo_labels(LABELS[:clusters], torch.eye(clusters, 4))
    resize_averaged_buffers(runner)


def test_averaging_goes_on_whatever_size_a_clustering_has(runner):
    step(runner, 1.0)
    cluster(runner, 2)
    step(runner, 3.0)
    cluster(runner, 3)
    step(runner, 4.0)
    averaged = runner.hooks[-1].ema_model.module
    assert torch.all(averaged.backbone.weight == 3)
    assert torch.equal(averaged.head.image_labels, LABELS)
    assert torch.equal(averaged.head.image_memory.prototypes, torch.eye(3, 4))


def test_without_it_the_next_step_fails(runner):
    step(runner, 1.0)
    runner.model.head.set_pseudo_labels(LABELS, torch.eye(3, 4))
    with pytest.raises(RuntimeError, match='size'):
        step(runner, 2.0)


def test_the_copy_shares_no_memory_with_the_model(runner):
    cluster(runner, 2)
    copy = runner.hooks[-1].ema_model.module.head.image_labels
    assert copy.data_ptr() != runner.model.head.image_labels.data_ptr()


def test_validation_swaps_the_weights_and_swaps_them_back(runner):
    step(runner, 1.0)
    cluster(runner, 3)
    step(runner, 3.0)
    hook, weight = runner.hooks[-1], runner.model.backbone.weight
    hook.before_val_epoch(runner)
    assert torch.all(weight == 2)
    hook.after_val_epoch(runner)
    assert torch.all(weight == 3)
    assert torch.equal(runner.model.head.image_labels, LABELS)


def test_a_run_without_averaged_models_is_left_alone():
    resize_averaged_buffers(SimpleNamespace(model=Model(), hooks=[]))
