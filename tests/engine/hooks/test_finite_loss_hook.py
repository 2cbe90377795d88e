from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import torch
from mmpretrain.structures import DataSample

from cpcl_mm.engine.hooks import FiniteLossHook

RUNNER = SimpleNamespace(iter=36, epoch=1)
BATCH = {'data_samples': [DataSample(metainfo={'img_path': f'{i}.jpg'}) for i in range(7)]}
NAN = dict(loss=torch.tensor(torch.nan), loss_itc=torch.tensor(torch.inf), acc=torch.tensor(0.5))
FINE = dict(loss=torch.tensor(1.0), acc=torch.tensor(torch.nan))


def step(hook, losses, runner=RUNNER, batch=BATCH):
    hook.after_train_iter(runner, batch_idx=0, data_batch=batch, outputs=losses)


def test_a_loss_that_is_no_number_stops_training_and_is_named_with_step_and_samples():
    step(hook := FiniteLossHook(), FINE)
    with pytest.raises(FloatingPointError) as stop:
        step(hook, NAN)
    for word in ('loss = nan, loss_itc = inf', 'step 37 (epoch 2)', '0.jpg, 1.jpg', '2 more'):
        assert word in str(stop.value)


@pytest.fixture
def on_gpu(monkeypatch):
    """Losses look as if they were on a GPU, where reading one would wait for it."""
    monkeypatch.setattr(torch.Tensor, 'is_cuda', True)


def test_on_a_gpu_losses_are_read_every_few_steps(on_gpu):
    hook = FiniteLossHook(interval=3)
    step(hook, NAN)
    step(hook, FINE)
    with pytest.raises(FloatingPointError, match='loss = nan'):
        step(hook, FINE)


@pytest.mark.parametrize('moment', ['before_save_checkpoint', 'after_train_epoch'])
def test_no_checkpoint_is_written_of_weights_that_were_not_looked_at(on_gpu, moment):
    step(hook := FiniteLossHook(), NAN)
    options = {'checkpoint': {}} if moment == 'before_save_checkpoint' else {}
    with pytest.raises(FloatingPointError):
        getattr(hook, moment)(RUNNER, **options)


def test_training_can_go_on_with_one_warning():
    runner = SimpleNamespace(iter=0, epoch=0, logger=Mock())
    hook = FiniteLossHook(stop=False)
    step(hook, NAN, runner)
    step(hook, NAN, runner)
    assert runner.logger.warning.call_count == 1


def test_batches_and_models_of_other_kinds():
    step(FiniteLossHook(), dict(loss=1.0), batch=[torch.zeros(1)])
    step(FiniteLossHook(), None)
