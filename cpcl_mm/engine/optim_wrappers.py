"""What stands around an optimizer: precision and parameter groups."""

from typing import Any

import torch
from mmengine.optim import AmpOptimWrapper, DefaultOptimWrapperConstructor, OptimWrapper
from torch import nn
from torch.optim import Optimizer

from cpcl_mm.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
def mixed_precision(optimizer: Optimizer, **kwargs: Any) -> OptimWrapper:
    """Wrap an optimizer for mixed precision where the machine has it, so that one config fits all.

    bfloat16 on GPUs that compute in it, float16 with a dynamic loss scale on older GPUs, and full
    precision without a GPU. bfloat16 has the range of float32, so its gradients need no scale. Used
    as ``optim_wrapper=dict(type='mixed_precision', optimizer=...)``, with arguments of mmengine's
    ``OptimWrapper`` such as ``clip_grad``.
    """
    if not torch.cuda.is_available():
        return OptimWrapper(optimizer, **kwargs)
    if torch.cuda.is_bf16_supported(including_emulation=False):
        no_scale = dict(enabled=False)
        return AmpOptimWrapper(optimizer=optimizer, dtype='bfloat16', loss_scale=no_scale, **kwargs)
    return AmpOptimWrapper(optimizer=optimizer, dtype='float16', **kwargs)


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class MergedGroupsConstructor(DefaultOptimWrapperConstructor):
    """mmengine's constructor, with parameters of equal settings in one group.

    An optimizer works on a group at a time, and a fused one launches a kernel for each: with a
    group for every parameter, the several hundred launches of a CLIP take longer than their work.
    Used as ``optim_wrapper=dict(constructor='MergedGroupsConstructor', paramwise_cfg=...)``.
    """

    def add_params(
        self, params: list[dict], module: nn.Module, prefix: str = '', **kwargs: Any
    ) -> None:
        """Add all parameters of a module; see mmengine's constructor for the arguments."""
        super().add_params(params, module, prefix, **kwargs)
        # mmengine calls this for every module within the model; the model itself has no prefix.
        if not prefix:
            params[:] = merge_groups(params)


def merge_groups(groups: list[dict]) -> list[dict]:
    """Join groups of equal settings, in the order in which these first came."""
    merged: list[tuple[dict, list]] = []
    for group in groups:
        settings = {key: value for key, value in group.items() if key != 'params'}
        members = next((members for same, members in merged if same == settings), None)
        if members is None:
            merged.append((settings, list(group['params'])))
        else:
            members.extend(group['params'])
    return [dict(settings, params=members) for settings, members in merged]
