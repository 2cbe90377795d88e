"""LoRA: low-rank changes of frozen weights (Hu et al., ICLR 2022, arXiv:2106.09685)."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from open_clip.modified_resnet import ModifiedResNet
from torch import Tensor, nn
from torch.nn.utils import parametrize

PARTS = ('query', 'key', 'value', 'output', 'mlp')
_FUSED = PARTS[:3]
# As open_clip, timm and transformers name layers of their own for each part.
_LAYERS = {
    **dict.fromkeys(('q_proj', 'query'), 'query'),
    **dict.fromkeys(('k_proj', 'key'), 'key'),
    **dict.fromkeys(('v_proj', 'value'), 'value'),
    **dict.fromkeys(('c_fc', 'c_proj', 'fc1', 'fc1_g', 'fc1_x', 'fc2'), 'mlp'),
}
_ORIGINAL, _PREFIX = '.original', 'parametrizations.'


class LoRA(nn.Module):
    """Adds ``scale * up @ down`` to a weight, or to some of the parts that are fused in it.

    A parametrization of :mod:`torch.nn.utils.parametrize`, so that it reaches the fused weight of
    ``nn.MultiheadAttention``, which is no layer of its own. ``up`` begins at zero, ``down`` as a
    linear layer does: at first the weight is what it was.

    Args:
        weight (Tensor): The weight, of shape (P * D, C) with P parts of equal size.
        rank (int): Rank of the change of each part.
        scale (float): Factor of the change.
        parts (Sequence[int]): Numbers of the parts that change.
        num_parts (int): P.
    """

    scale: Tensor

    def __init__(
        self, weight: Tensor, rank: int, scale: float, parts: Sequence[int], num_parts: int
    ) -> None:
        super().__init__()
        rows, columns = len(weight) // num_parts, weight.shape[1]
        # By the numbers of the parts, which so stand in the state dict, as the scale does: weights
        # can be merged without the config.
        self.down = nn.ParameterDict({str(n): torch.empty(rank, columns) for n in parts})
        self.up = nn.ParameterDict({str(n): torch.zeros(rows, rank) for n in parts})
        for each in self.down.values():
            nn.init.kaiming_uniform_(each, a=math.sqrt(5))
        self.register_buffer('scale', torch.tensor(float(scale)))

    def forward(self, weight: Tensor) -> Tensor:
        """Change a frozen weight (P * D, C)."""
        return _change(weight, dict(self.down), dict(self.up), self.scale)


def _change(
    weight: Tensor, down: Mapping[str, Tensor], up: Mapping[str, Tensor], scale: Tensor
) -> Tensor:
    parts = list(weight.split(len(next(iter(up.values())))))
    for number in up:
        parts[int(number)] = parts[int(number)] + scale * (up[number] @ down[number])
    return torch.cat(parts)


def add_lora(
    tower: nn.Module, rank: int = 32, scale: float = 1.0, parts: Sequence[str] = ('key', 'value')
) -> None:
    """Freeze a tower, and let its blocks learn by low-rank changes.

    The defaults are UP-Person's (arXiv:2504.10084), without its prefix tokens.

    Args:
        tower (nn.Module): A transformer of open_clip or timm, or a text model of transformers.
        rank (int): Rank of a change. Defaults to 32.
        scale (float): Factor of a change. Defaults to 1.0.
        parts (Sequence[str]): What changes in every block: of its attention ``'query'``, ``'key'``,
            ``'value'`` and ``'output'``, and ``'mlp'``. Defaults to ``('key', 'value')``.

    Raises:
        ValueError: If a setting is out of range, or the tower has no attention of these kinds.
    """
    if rank < 1 or not parts or set(parts) - set(PARTS):
        raise ValueError(f'lora: rank={rank} and parts={parts}: parts are of {PARTS}, rank >= 1')
    found = list(_weights_of_parts(tower))
    # The one attention of CLIP's ResNets pools what the rest has seen.
    is_resnet = isinstance(tower, ModifiedResNet)
    if is_resnet or not any(set(held) & set(parts) for *_, held in found):
        raise ValueError(
            f'lora: {type(tower).__name__} has no layers of transformers that it can change: take '
            'a vision transformer, such as ViT-B-16'
        )
    tower.requires_grad_(False)
    for module, name, held in found:
        if chosen := [held.index(part) for part in held if part in parts]:
            adapter = LoRA(getattr(module, name), rank, scale, chosen, len(held))
            parametrize.register_parametrization(module, name, adapter)


def _weights_of_parts(tower: nn.Module) -> Iterator[tuple[nn.Module, str, tuple[str, ...]]]:
    """Yield modules, the names of their weights, and the parts that these hold."""
    for module in tower.modules():
        if isinstance(module, nn.MultiheadAttention):
            if module.in_proj_weight is not None:
                yield module, 'in_proj_weight', _FUSED
            yield module.out_proj, 'weight', ('output',)
        layers = {k: x for k, x in module.named_children() if isinstance(x, nn.Linear)}
        own: dict[str, tuple[str, ...]] = {k: (_LAYERS[k],) for k in layers if k in _LAYERS}
        if 'qkv' in layers:
            own['qkv'] = _FUSED
        if 'proj' in layers and any(set(held) & set(_FUSED) for held in own.values()):
            own['proj'] = ('output',)
        for key, held in own.items():
            yield layers[key], 'weight', held


def _plain(key: str) -> str:
    """Give the name that a weight has without adapters."""
    return key.replace(_PREFIX, '').removesuffix(_ORIGINAL)


def plain_names(tower: nn.Module) -> dict[str, str]:
    """Map the names that a tower's weights have without adapters to those that they have."""
    return {
        _plain(key): key
        for key in tower.state_dict()
        if _PREFIX not in key or key.endswith(_ORIGINAL)
    }


def merge_lora(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Merge adapters into the weights that they change, in the names of a model without them.

    Weights without adapters stay as they are. Raises ValueError if the weights below adapters are
    missing, or do not fit.
    """
    merged = {key: value for key, value in weights.items() if _PREFIX not in key}
    originals = [key for key in weights if _PREFIX in key and key.endswith(_ORIGINAL)]
    if len(merged) < len(weights) and not originals:
        raise ValueError(
            'these are adapters (LoRA) without the weights that they change: tools/merge_lora.py '
            'makes a whole checkpoint of both'
        )
    for key in originals:
        adapter = f'{key.removesuffix("original")}0.'
        down, up = (_with_prefix(weights, f'{adapter}{name}.') for name in ('down', 'up'))
        try:
            merged[_plain(key)] = _change(weights[key], down, up, weights[f'{adapter}scale'])
        except (AttributeError, LookupError, RuntimeError, StopIteration, TypeError) as error:
            raise ValueError(f'the adapter of {_plain(key)} does not fit it ({error})') from error
    return merged


def _with_prefix(weights: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {k.removeprefix(prefix): x for k, x in weights.items() if k.startswith(prefix)}
