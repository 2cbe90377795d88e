"""Names of CLIP architectures, the open_clip model configs and the weights behind them."""

import difflib
from copy import deepcopy
from pathlib import Path
from typing import Any

import open_clip

# Architectures of our own, in open_clip's JSON format: `cpcl-tiny` for the built-in data set.
_FOLDER = Path(__file__).parent / 'architectures'
open_clip.add_model_config(_FOLDER)
OWN = frozenset(path.stem for path in _FOLDER.glob('*.json'))

REQUIRED_KEYS = ('embed_dim', 'vision_cfg', 'text_cfg')


def get_architecture(architecture: str | dict[str, Any]) -> dict[str, Any]:
    """Return an open_clip model config as a dict that the caller may change.

    Args:
        architecture (str | dict): A name from ``open_clip.list_models()`` (those of this package,
            such as ``cpcl-tiny``, among them), or the model config itself with the keys
            ``embed_dim``, ``vision_cfg`` and ``text_cfg``.

    Returns:
        dict: The model config.

    Raises:
        ValueError: If the name is unknown (the nearest names are listed) or a key is missing.
    """
    if isinstance(architecture, str):
        config = open_clip.get_model_config(architecture.replace('/', '-'))
        if config is None:
            raise ValueError(_unknown_name(architecture))
        return config
    missing = [key for key in REQUIRED_KEYS if key not in architecture]
    if missing:
        raise ValueError(
            f'a CLIP architecture given as a dict needs the keys {REQUIRED_KEYS}; {missing} '
            f'not found among {sorted(architecture)}'
        )
    return deepcopy(dict(architecture))


def list_weights(architecture: str | dict[str, Any]) -> list[str]:
    """List the tags of an architecture's pretrained weights, the original ones first.

    Args:
        architecture (str | dict): Name of an open_clip architecture, or its model config.

    Returns:
        list[str]: The tags; none for a model config, which has no name to look them up by.
    """
    if not isinstance(architecture, str):
        return []
    return open_clip.list_pretrained_tags_by_model(architecture.replace('/', '-'))


def _unknown_name(name: str) -> str:
    """Say what is near to a name that open_clip does not know."""
    near = difflib.get_close_matches(name, open_clip.list_models(), n=5, cutoff=0.4)
    return (
        f'unknown CLIP architecture {name!r}; nearest names: {near}. '
        '`python -c "import cpcl_mm, open_clip; print(open_clip.list_models())"` lists them all'
    )
