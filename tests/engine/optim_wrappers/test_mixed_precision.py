"""One config runs in bfloat16, in scaled float16 or in full precision, as the machine has it."""

import pytest
import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper, build_optim_wrapper
from mmengine.registry import DefaultScope

CONFIG = dict(
    type='mixed_precision', optimizer=dict(type='SGD', lr=0.5), clip_grad=dict(max_norm=1.0)
)


@pytest.fixture
def build(monkeypatch):
    """A function that builds the wrapper as on a machine with or without a GPU."""

    def build(gpu, bf16=False):
        monkeypatch.setattr(torch.cuda, 'is_available', lambda: gpu)
        monkeypatch.setattr(torch.cuda, 'is_bf16_supported', lambda including_emulation: bf16)
        with DefaultScope.overwrite_default_scope('cpcl_mm'):
            return build_optim_wrapper(torch.nn.Linear(2, 1), CONFIG)

    return build


def test_full_precision_without_a_gpu(build):
    wrapper = build(gpu=False)
    assert type(wrapper) is OptimWrapper
    layer = torch.nn.Linear(2, 1)
    with wrapper.optim_context(layer):
        assert layer(torch.ones(1, 2)).dtype == torch.float32


def test_bfloat16_without_a_loss_scale_where_the_gpu_has_it(build):
    wrapper = build(gpu=True, bf16=True)
    assert isinstance(wrapper, AmpOptimWrapper)
    assert wrapper.cast_dtype == torch.bfloat16
    assert not wrapper.loss_scaler.is_enabled()


def test_float16_with_a_loss_scale_on_older_gpus(build):
    wrapper = build(gpu=True)
    assert wrapper.cast_dtype == torch.float16
    assert wrapper.loss_scaler.is_enabled()


@pytest.mark.parametrize('machine', [(False, False), (True, False), (True, True)])
def test_the_wrapper_gets_its_settings(build, machine):
    wrapper = build(*machine)
    assert wrapper.clip_grad_kwargs == {'max_norm': 1.0}
    assert wrapper.optimizer.param_groups[0]['lr'] == 0.5


@pytest.mark.parametrize('first', [(False, False), (True, True)])
def test_a_run_without_a_loss_scale_can_be_resumed_on_another_machine(build, first):
    state = build(*first).state_dict()
    build(gpu=False).load_state_dict(dict(state))
    build(gpu=True, bf16=True).load_state_dict(dict(state))
