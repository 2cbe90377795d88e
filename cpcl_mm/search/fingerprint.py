"""A short name for a model: equal for equal features, different for different ones."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

TRAINING_KEYS = frozenset({'frozen_stages', 'head', 'init_cfg', 'pretrained', 'with_cp'})
"""Keys of a model's config that change no feature of a trained model."""


def model_fingerprint(
    model: Mapping[str, Any],
    pipeline: Sequence[Mapping[str, Any]],
    state_dict: Mapping[str, Tensor],
) -> str:
    """Hash all that features depend on: architecture, preprocessing, transforms, weights.

    Args:
        model (dict): Config of the model.
        pipeline (list[dict]): Test transforms.
        state_dict (dict[str, Tensor]): Weights of what encodes: the model has no head.

    Returns:
        str: 32 hexadecimal digits.
    """
    digest = hashlib.blake2b(digest_size=16)
    # Here `pretrained` stays: the preprocessor looks up mean and deviation by it.
    preprocessor = model.get('data_preprocessor')
    settings = [_without_training(model), preprocessor, pipeline]
    digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
    for key in sorted(state_dict):
        tensor = state_dict[key].detach().cpu().contiguous()
        digest.update(f'{key} {tuple(tensor.shape)} {tensor.dtype}'.encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _without_training(node: Any) -> Any:
    """Leave out the settings that do not change a feature."""
    if isinstance(node, Mapping):
        return {k: _without_training(v) for k, v in node.items() if k not in TRAINING_KEYS}
    if isinstance(node, list | tuple):
        return [_without_training(value) for value in node]
    return node
