"""Checkpoints that keep pseudo labels among their weights, as earlier versions did."""

import re
from typing import Any

_OLD = re.compile(r'(module\.)?head\.((image|text)_labels|(image|text|hybrid)_memory\.prototypes)')


def discard_stale_labels(checkpoint: dict[str, Any], resume: bool) -> None:
    """Take the labels of another run out of the weights of an old checkpoint.

    Args:
        checkpoint (dict): With the weights, and possibly averaged ones; changed in place.
        resume (bool): Whether a run shall go on where the checkpoint was written.

    Raises:
        ValueError: If an old checkpoint shall be resumed.
    """
    for part in ('state_dict', 'ema_state_dict'):
        weights = checkpoint.get(part, {})
        stale = [key for key in weights if _OLD.fullmatch(key)]
        if stale and resume:
            raise ValueError(
                'this checkpoint keeps its pseudo labels among the weights, as earlier versions '
                'did, and cannot be resumed: start from its weights by load_from=FILE and '
                'resume=False'
            )
        for key in stale:
            del weights[key]
