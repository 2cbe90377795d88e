"""Parameters of equal settings share a group; each has the settings that mmengine gives it."""

import pytest
import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper, build_optim_wrapper
from mmengine.registry import DefaultScope

from cpcl_mm.engine.optim_wrappers import merge_groups

CONFIG = dict(
    optimizer=dict(type='Adam', lr=0.1, weight_decay=0.01),
    paramwise_cfg=dict(
        custom_keys={'bias': dict(lr_mult=2.0, decay_mult=0.0), 'neck': dict(lr_mult=5.0)}
    ),
)


def network():
    layers = dict(first=torch.nn.Linear(2, 3), second=torch.nn.Linear(3, 3))
    return torch.nn.ModuleDict(dict(layers, neck=torch.nn.Linear(3, 1, bias=False)))


def optimizer(model, **settings):
    with DefaultScope.overwrite_default_scope('cpcl_mm'):
        return build_optim_wrapper(model, {**CONFIG, **settings}).optimizer


def rates(model, **settings):
    """Learning rate and weight decay by the name of the parameter."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    return {
        names[parameter]: (group['lr'], group['weight_decay'])
        for group in optimizer(model, **settings).param_groups
        for parameter in group['params']
    }


def test_there_is_one_group_for_each_setting():
    groups = optimizer(network(), constructor='MergedGroupsConstructor').param_groups
    assert [len(group['params']) for group in groups] == [2, 2, 1]


def test_every_parameter_has_the_settings_that_mmengine_gives_it():
    model = network()
    assert rates(model, constructor='MergedGroupsConstructor') == rates(model)
    assert len(rates(model)) == 5


def test_without_settings_of_single_parameters_there_is_one_group():
    model = network()
    plain = dict(paramwise_cfg=None, constructor='MergedGroupsConstructor')
    assert len(optimizer(model, **plain).param_groups) == 1


def test_groups_that_differ_in_any_setting_stay_apart():
    a, b, c = (torch.nn.Parameter(torch.zeros(1)) for _ in range(3))
    groups = [dict(params=[a], lr=1.0), dict(params=[b]), dict(params=[c], lr=1.0)]
    assert merge_groups(groups) == [dict(params=[a, c], lr=1.0), dict(params=[b])]


MIXED = dict(
    type='mixed_precision', optimizer=dict(type='SGD', lr=0.5), clip_grad=dict(max_norm=1.0)
)


@pytest.fixture
def build(monkeypatch):
    """A function that builds the wrapper as on a machine with or without a GPU."""

    def build(gpu, bf16=False):
        monkeypatch.setattr(torch.cuda, 'is_available', lambda: gpu)
        monkeypatch.setattr(torch.cuda, 'is_bf16_supported', lambda including_emulation: bf16)
        with DefaultScope.overwrite_default_scope('cpcl_mm'):
            return build_optim_wrapper(torch.nn.Linear(2, 1), MIXED)

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
