"""Stages of open_clip towers, for freezing them from the input on."""

import re

from open_clip.modified_resnet import ModifiedResNet
from open_clip.timm_model import TimmModel
from timm.models import group_parameters
from torch import nn

_BLOCK = re.compile(r'^transformer\.resblocks\.(\d+)\.')
_LAYER = re.compile(r'^layer(\d+)\.')
# What lies behind the last stage: never frozen, it is where a tower adapts first.
_HEAD = ('ln_post', 'proj', 'ln_final', 'text_projection', 'attnpool', 'attn_pool', 'cls_emb')


def split_into_stages(tower: nn.Module) -> list[list[str]]:
    """Split a tower's parameters into the stem and the stages, in the order of computation.

    Args:
        tower (nn.Module): An image or text tower of open_clip.

    Returns:
        list[list[str]]: Parameter names of the stem, the first stage, and so on. A stage is a
        block of a transformer, a layer of a ResNet or a layer group of a timm model; final norms,
        poolings and projections belong to none.
    """
    if isinstance(tower, TimmModel):
        groups = group_parameters(tower.trunk, tower.trunk.group_matcher(coarse=False))
        return [[f'trunk.{name}' for name in groups[key]] for key in sorted(groups)][:-1]
    pattern = _LAYER if isinstance(tower, ModifiedResNet) else _BLOCK
    offset = 0 if isinstance(tower, ModifiedResNet) else 1
    stages: dict[int, list[str]] = {0: []}
    for name, _ in tower.named_parameters():
        found = pattern.match(name)
        if found:
            stages.setdefault(int(found.group(1)) + offset, []).append(name)
        elif not name.startswith(_HEAD):
            stages[0].append(name)
    return [stages[key] for key in sorted(stages)]
