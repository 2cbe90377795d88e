"""Few parameter groups where mmengine makes one of every parameter."""

from typing import Any

from mmengine.optim import DefaultOptimWrapperConstructor
from torch import nn

from cpcl_mm.registry import OPTIM_WRAPPER_CONSTRUCTORS


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
    """Join parameter groups that differ in nothing but their parameters.

    Args:
        groups (list[dict]): Parameter groups, as for an optimizer.

    Returns:
        list[dict]: The groups that are left, in the order in which their settings first came.
    """
    merged: list[tuple[dict, list]] = []
    for group in groups:
        settings = {key: value for key, value in group.items() if key != 'params'}
        members = next((members for same, members in merged if same == settings), None)
        if members is None:
            merged.append((settings, list(group['params'])))
        else:
            members.extend(group['params'])
    return [dict(settings, params=members) for settings, members in merged]
