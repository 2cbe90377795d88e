"""Pretrained CLIP weights: where they come from, and which of them belong to a tower."""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import torch
from huggingface_hub import hf_hub_download
from mmengine.logging import print_log
from open_clip.pretrained import (
    download_pretrained,
    download_pretrained_from_hf,
    get_pretrained_cfg,
)
from torch import Tensor

from cpcl_mm.utils.text import first_few

from .clip_architecture import get_architecture, list_weights
from .lora import plain_names
from .weights_file import read_weights
from .weights_names import Tower, sort_by_tower

PACKAGE = 'cpcl_mm::'
_ROOT = Path(__file__).parents[1]
_HUB_MODEL = re.compile(r'hf-hub:(?P<repo>[^/@]+/[^/@]+)(?:@(?P<revision>.+))?')
_HUB_FILE = re.compile(
    r'hf://(?P<data>datasets/)?(?P<repo>[^/@]+/[^/@]+)(?:@(?P<revision>[^/]+))?/(?P<file>.+)'
)


def load_tower_weights(
    pretrained: str, architecture: str | dict, tower: Tower
) -> dict[str, Tensor]:
    """Load the weights of one tower, without its prefix and without executing code from their file.

    The log says how many tensors come from which file, and which heads in it are left out. Raises
    what :func:`locate_weights` does; ValueError also if the file cannot be read as weights or has
    none for this tower.
    """
    path = locate_weights(pretrained, architecture)
    weights = sort_by_tower(read_weights(path), path)
    own = weights.visual if tower == 'visual' else weights.text
    if not own:
        other = first_few(weights.text or weights.visual)
        raise ValueError(f'{path} holds no weights of a {tower} tower; its first keys: {other}')
    if weights.heads:
        _log_once(f'{path} has heads that no tower takes, left out: {weights.describe_heads()}.')
    name = 'image' if tower == 'visual' else 'text'
    form = weights.form
    print_log(
        f'{len(own)} tensors of {path}, in the form of {form}, go into the {name} tower.',
        logger='current',
    )
    return own


@lru_cache
def _log_once(message: str) -> None:
    """Log a message the first time: both towers read the same file."""
    print_log(message, logger='current')


def locate_weights(pretrained: str, architecture: str | dict) -> Path:
    """Find the file of weights, which may have to be downloaded.

    Args:
        pretrained (str): One of

            - a file on this machine;
            - a tag of open_clip's for the architecture, such as ``'openai'``;
            - ``'hf-hub:USER/REPOSITORY'``, a Hugging Face repository in open_clip's form;
            - ``'hf://USER/REPOSITORY/FILE'`` or ``'hf://datasets/USER/REPOSITORY/FILE'``, a file
              there, with ``@REVISION`` behind the repository where a certain one is wanted;
            - ``'cpcl_mm::FILE'``, a file of this package.
        architecture (str | dict): The architecture that a tag belongs to.

    Returns:
        Path: The file.

    Raises:
        FileNotFoundError: If there is no such file, and no such tag.
        ConnectionError: If it cannot be downloaded.
        ValueError: If a tag's weights were trained with another activation than the architecture's.
    """
    hub_model, hub_file = _HUB_MODEL.fullmatch(pretrained), _HUB_FILE.fullmatch(pretrained)
    if hub_model:
        repo, revision = hub_model['repo'], hub_model['revision']
        return _download(
            repr(pretrained), lambda: download_pretrained_from_hf(repo, revision=revision)
        )
    if hub_file:
        repo, file, revision = hub_file['repo'], hub_file['file'], hub_file['revision']
        kind = 'dataset' if hub_file['data'] else None
        return _download(
            repr(pretrained),
            lambda: hf_hub_download(repo, file, repo_type=kind, revision=revision),
        )
    if pretrained.startswith(PACKAGE):
        return _package_file(pretrained)
    path = Path(pretrained).expanduser()
    if path.is_dir():
        files = sorted(each.name for each in path.iterdir())
        raise FileNotFoundError(
            f'pretrained={pretrained!r} is a folder: give the file of the weights, one of '
            f'{first_few(files)}'
        )
    return path if path.is_file() else _tagged(pretrained, architecture)


def _package_file(pretrained: str) -> Path:
    path = (_ROOT / pretrained.removeprefix(PACKAGE)).resolve()
    if not path.is_file() or not path.is_relative_to(_ROOT.resolve()):
        raise FileNotFoundError(f'pretrained={pretrained!r}: cpcl_mm has no such file')
    return path


def _tagged(tag: str, architecture: str | dict) -> Path:
    """Download the weights of a tag."""
    tags = list_weights(architecture)
    if tag not in tags:
        raise FileNotFoundError(
            f'pretrained={tag!r} is neither a file nor a weights tag of architecture '
            f'{architecture!r}, whose tags are {tags}; nor does it begin with hf:// or hf-hub:'
        )
    name = str(architecture).replace('/', '-')
    source = get_pretrained_cfg(name, tag)
    _check_activation(name, tag, source.get('quick_gelu', False))
    where = source.get('hf_hub') or source.get('url')
    return _download(f'{tag!r} of {architecture!r} ({where})', lambda: download_pretrained(source))


def _download(name: str, download: Callable[[], str]) -> Path:
    """Download weights; a failure names the way without a network."""
    try:
        return Path(download())
    # The libraries raise OSError, ValueError, errors of their own and of urllib's or httpx's.
    except Exception as error:
        raise ConnectionError(
            f'the weights {name} could not be downloaded ({type(error).__name__}: {error}). Fetch '
            'the file on a machine with a network and give its path: pretrained="/path/to/file", '
            'or --weights /path/to/file'
        ) from error


def _check_activation(architecture: str, tag: str, quick_gelu: bool) -> None:
    """Refuse weights trained with QuickGELU for GELU: they would load, and give bad features."""
    twin = f'{architecture}-quickgelu'
    if quick_gelu and not get_architecture(architecture).get('quick_gelu') and list_weights(twin):
        raise ValueError(
            f'the weights {tag!r} were trained with QuickGELU, and architecture {architecture!r} '
            f'has GELU: take architecture={twin!r}'
        )


def load_into(
    tower: torch.nn.Module,
    weights: dict[str, Tensor],
    source: str,
    adapt: Callable[[dict[str, Tensor]], dict[str, Tensor]] | None = None,
) -> None:
    """Load a tower's weights strictly: raises ValueError if keys or shapes differ, listing which.

    ``source`` is what they came from; ``adapt`` gives weights whose keys fit the shapes of the
    tower.
    """
    names, state = plain_names(tower), tower.state_dict()
    wanted = {name: state[key] for name, key in names.items()}
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
    # Adapters, if there are any, stay as they are.
    tower.load_state_dict({names[key]: x for key, x in weights.items()}, strict=False)
