"""The fastest precision that is safe on the machine that a config runs on."""

from typing import Any

import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from torch.optim import Optimizer

from cpcl_mm.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
def mixed_precision(optimizer: Optimizer, **kwargs: Any) -> OptimWrapper:
    """Wrap an optimizer for mixed precision where the machine has it, so that one config fits all.

    bfloat16 on GPUs that compute in it, float16 with a dynamic loss scale on older GPUs, and full
    precision without a GPU. bfloat16 has the range of float32, so its gradients need no scale.
    Used as ``optim_wrapper=dict(type='mixed_precision', optimizer=...)``.

    Args:
        optimizer (Optimizer): The optimizer.
        **kwargs: Arguments of mmengine's ``OptimWrapper``, such as ``clip_grad``.

    Returns:
        OptimWrapper: The wrapped optimizer.
    """
    if not torch.cuda.is_available():
        return OptimWrapper(optimizer, **kwargs)
    if torch.cuda.is_bf16_supported(including_emulation=False):
        no_scale = dict(enabled=False)
        return AmpOptimWrapper(optimizer=optimizer, dtype='bfloat16', loss_scale=no_scale, **kwargs)
    return AmpOptimWrapper(optimizer=optimizer, dtype='float16', **kwargs)
