"""Pretrained CLIP weights: where they come from, and which of them belong to a tower."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import torch
from mmengine.logging import print_log
from open_clip.model import convert_to_custom_text_state_dict
from open_clip.pretrained import download_pretrained, get_pretrained_cfg
from safetensors.torch import load_file
from torch import Tensor

from cpcl_mm.utils.safe_checkpoints import load_checkpoint_file
from cpcl_mm.utils.text import first_few

from .clip_architecture import get_architecture, list_weights
from .weights_file import diagnose, unpack

Tower = Literal['visual', 'text']

# Settings that OpenAI's checkpoints store beside the weights.
_NOT_WEIGHTS = ('input_resolution', 'context_length', 'vocab_size')


def load_tower_weights(
    pretrained: str, architecture: str | dict, tower: Tower
) -> dict[str, Tensor]:
    """Load the weights of one tower, without executing code from the checkpoint.

    Args:
        pretrained (str): A local file (``.pt``, ``.pth``, ``.bin``, ``.safetensors``) in
            open_clip's or OpenAI's naming, a checkpoint of this package, or a tag from
            ``open_clip.list_pretrained()``, which is downloaded.
        architecture (str | dict): The architecture that a tag belongs to.
        tower (str): ``'visual'`` or ``'text'``.

    Returns:
        dict[str, Tensor]: The tower's state dict, without the tower's prefix.

    Raises:
        FileNotFoundError: If ``pretrained`` is neither a file nor a tag of this architecture.
        ConnectionError: If a tag cannot be downloaded.
        ValueError: If the file cannot be read as weights or has none for this tower, or a tag's
            weights were trained with another activation than the architecture's.
    """
    path = _resolve(pretrained, architecture)
    weights = _to_open_clip_naming(_read(path))
    prefix = f'{tower}.'
    own = {key[len(prefix) :]: value for key, value in weights.items() if key.startswith(prefix)}
    if not own:
        raise ValueError(
            f'{path} holds no weights of a {tower} tower; its first keys: {list(weights)[:5]}'
        )
    return own


def _resolve(pretrained: str, architecture: str | dict) -> Path:
    """Turn a file name or a tag into the path of a local file."""
    path = Path(pretrained).expanduser()
    if path.is_file():
        return path
    tags = list_weights(architecture)
    if path.is_dir():
        files = sorted(each.name for each in path.iterdir())
        raise FileNotFoundError(
            f'pretrained={pretrained!r} is a folder: give the file of the weights, one of '
            f'{first_few(files)}'
        )
    if pretrained not in tags:
        raise FileNotFoundError(
            f'pretrained={pretrained!r} is neither a file nor a weights tag of architecture '
            f'{architecture!r}, whose tags are {tags}'
        )
    return _download(str(architecture).replace('/', '-'), pretrained)


def _download(architecture: str, tag: str) -> Path:
    """Download the weights of a tag; a failure names the way without a network."""
    source = get_pretrained_cfg(architecture, tag)
    _check_activation(architecture, tag, source.get('quick_gelu', False))
    try:
        return Path(download_pretrained(source))
    except Exception as error:
        where = source.get('hf_hub') or source.get('url')
        raise ConnectionError(
            f'the weights {tag!r} of {architecture!r} could not be downloaded from {where!r} '
            f'({type(error).__name__}: {error}). Fetch the file on a machine with a network and '
            'give its path: pretrained="/path/to/file", or --weights /path/to/file'
        ) from error


def _check_activation(architecture: str, tag: str, quick_gelu: bool) -> None:
    """Refuse weights trained with QuickGELU for GELU: they would load, and give bad features."""
    twin = f'{architecture}-quickgelu'
    if quick_gelu and not get_architecture(architecture).get('quick_gelu') and list_weights(twin):
        raise ValueError(
            f'the weights {tag!r} were trained with QuickGELU, and architecture {architecture!r} '
            f'has GELU: take architecture={twin!r}'
        )


def _read(path: Path) -> dict[str, Tensor]:
    """Read a state dict; files that would need code to be executed are refused."""
    try:
        load: Callable = load_file if path.suffix == '.safetensors' else load_checkpoint_file
        content = load(path)
    except Exception as error:
        raise ValueError(f'{path} {diagnose(path, error.__cause__ or error)}') from error
    return unpack(content, path)


def _to_open_clip_naming(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Bring every naming to ``visual.*`` and ``text.*``."""
    weights = {key: value for key, value in weights.items() if key not in _NOT_WEIGHTS}
    if any(key.startswith('image_backbone.tower.') for key in weights):
        own = {'image_backbone.tower.': 'visual.', 'text_backbone.tower.': 'text.'}
        return {
            new + key[len(old) :]: value
            for key, value in weights.items()
            for old, new in own.items()
            if key.startswith(old)
        }
    if 'text_projection' in weights:
        return convert_to_custom_text_state_dict(weights)
    return weights


def load_into(
    tower: torch.nn.Module,
    weights: dict[str, Tensor],
    source: str,
    adapt: Callable[[dict[str, Tensor]], dict[str, Tensor]] | None = None,
) -> None:
    """Load a tower's weights strictly.

    Args:
        tower (nn.Module): The tower.
        weights (dict[str, Tensor]): Its state dict.
        source (str): What the weights came from, for the error.
        adapt (Callable, optional): Gives weights whose keys fit the shapes of the tower. Defaults
            to None: they have them.

    Raises:
        ValueError: If keys or shapes differ, listing which.
    """
    wanted = tower.state_dict()
    missing = sorted(wanted.keys() - weights.keys())
    unexpected = sorted(weights.keys() - wanted.keys())
    if adapt is not None and not missing and not unexpected:
        weights = adapt(weights)
    shapes = [
        f'{key}: {tuple(weights[key].shape)} in the file, {tuple(wanted[key].shape)} in the model'
        for key in wanted.keys() & weights.keys()
        if wanted[key].shape != weights[key].shape
    ]
    if missing or unexpected or shapes:
        raise ValueError(
            f'the weights of {source!r} belong to another architecture than this '
            f'{type(tower).__name__}. Missing keys: {first_few(missing, 8)}; unexpected keys: '
            f'{first_few(unexpected, 8)}; other shapes: {first_few(sorted(shapes), 8)}'
        )
    tower.load_state_dict(weights)
    print_log(
        f'{len(wanted)} tensors of {source} were loaded into {type(tower).__name__}.',
        logger='current',
    )
