"""Checkpoints of adapters alone."""

import hashlib
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

from cpcl_mm.models.backbones import CLIPTower
from cpcl_mm.registry import HOOKS

from ..bare_model import bare_model

KEY = 'adapters_of'
"""Where ``meta`` of a checkpoint keeps a hash of the frozen weights that its adapters belong to."""


@HOOKS.register_module()
class AdapterCheckpointHook(Hook):
    """Leaves the frozen weights of towers with ``lora`` out of checkpoints.

    They are read again from ``pretrained`` where such a checkpoint is resumed or tested; other
    ones than those of the training are refused. For searching and exporting,
    ``tools/merge_lora.py`` makes a whole checkpoint.
    """

    # Before CheckpointFitHook asks whether all weights are there.
    priority = 'HIGHEST'

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Take the frozen weights out."""
        frozen = frozen_weights(bare_model(runner))
        for key in frozen:
            checkpoint['state_dict'].pop(key, None)
        checkpoint['meta'][KEY] = _hash(frozen)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Put the frozen weights back, and refuse other ones than those of the training."""
        complete_adapters(bare_model(runner), checkpoint, str(runner._load_from))


def complete_adapters(model: nn.Module, checkpoint: dict[str, Any], source: str) -> None:
    """Put frozen weights into a checkpoint of adapters alone; leave another one unchanged.

    Towers of ``model`` that are not initialized are; ``source`` names the file in the ValueError if
    the adapters were trained on other weights.
    """
    wanted = (checkpoint.get('meta') or {}).get(KEY)
    if wanted is None:
        return
    for tower in _towers(model).values():
        if not tower.is_init:
            tower.init_weights()
    frozen = frozen_weights(model)
    if _hash(frozen) != wanted:
        given = sorted({str(tower.pretrained) for tower in _towers(model).values()})
        raise ValueError(
            f'{source} holds adapters alone (LoRA), which were trained on other weights than those '
            f'of pretrained={", ".join(given)}: give those of the training, --weights FILE_OR_TAG'
        )
    checkpoint['state_dict'].update(frozen)


def frozen_weights(model: nn.Module) -> dict[str, torch.Tensor]:
    """Give the frozen weights of the towers with adapters, by their names in the state dict."""
    return {
        f'{prefix}.{name}': parameter.detach()
        for prefix, tower in _towers(model).items()
        for name, parameter in tower.named_parameters()
        if not parameter.requires_grad
    }


def _towers(model: nn.Module) -> dict[str, CLIPTower]:
    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, CLIPTower) and module.lora is not None
    }


def _hash(weights: dict[str, torch.Tensor]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for key, tensor in weights.items():
        digest.update(key.encode())
        digest.update(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
