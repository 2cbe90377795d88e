"""Labels and memories in checkpoints: found when one is loaded, taken when a run is resumed."""

import re
from typing import Any

import torch
from mmengine.runner import Runner

from cpcl_mm.models import MatchingHead

STATE = 'pseudo_labels'
"""Key of labels and memories in a checkpoint."""

_OLD = re.compile(r'(module\.)?head\.((image|text)_labels|(image|text|hybrid)_memory\.prototypes)')


def find_labels(checkpoint: dict[str, Any]) -> dict[str, Any] | None:
    """Find labels and memories, and discard those that earlier versions kept among the weights.

    Args:
        checkpoint (dict): A checkpoint, or weights alone; changed in place.

    Returns:
        dict | None: What :meth:`MatchingHead.epoch_state` gave, empty without any; None if they
        were among the weights.
    """
    parts = [checkpoint, *(checkpoint.get(key, {}) for key in ('state_dict', 'ema_state_dict'))]
    stale = [(part, key) for part in parts for key in part if _OLD.fullmatch(str(key))]
    for part, key in stale:
        del part[key]
    return None if stale else checkpoint.get(STATE, {})


def restore_labels(
    runner: Runner, head: MatchingHead, state: dict[str, Any] | None, device: torch.device
) -> None:
    """Go on with labels and memories if the run is resumed; a run that begins has none.

    Args:
        runner (Runner): Before training.
        head (MatchingHead): Takes them.
        state (dict | None): What :func:`find_labels` found in the checkpoint.
        device (torch.device): Where the model is.

    Raises:
        ValueError: If they belong to another data set or head, or were among the weights.
    """
    if runner.epoch == 0 or state == {}:
        return
    if state is None:
        raise ValueError(
            'this checkpoint keeps its pseudo labels among the weights, as earlier versions did, '
            'and cannot be resumed: start from its weights by load_from=FILE and resume=False'
        )
    numbers = {modality: len(labels) for modality, labels in state['labels'].items()}
    runner.train_dataloader.dataset.check_labels(numbers)
    head.load_epoch_state(state, device)
