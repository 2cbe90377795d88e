"""Walks through a config."""

import inspect
from collections.abc import Iterator
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner

# The Runner's own keys that are no parameters of its constructor.
_MORE_KEYS = {'compile', 'activation_checkpointing', 'efficient_conv_bn_eval', 'custom_imports'}
# The keys at the top of a config that the Runner reads; others are variables of the config file.
RUNNER_KEYS = (set(inspect.signature(Runner).parameters) - {'cfg'}) | _MORE_KEYS


def walk(node: Any, path: str = '') -> Iterator[tuple[str, Any]]:
    """Walk through a part of a config.

    Args:
        node (dict | list | Any): The part.
        path (str): Its dotted key. Defaults to ''.

    Yields:
        tuple[str, Any]: Dotted key, as ``--cfg-options`` takes it, and value of every part.
    """
    if path:
        yield path, node
    if isinstance(node, list | tuple):
        node = dict(enumerate(node))
    for key, value in node.items() if isinstance(node, dict) else ():
        yield from walk(value, f'{path}.{key}' if path else str(key))


def read_part(cfg: Config) -> dict[str, Any]:
    """Give the part of a config that the Runner reads.

    Args:
        cfg (Config): The config.

    Returns:
        dict: It, with plain containers.
    """
    return {key: value for key, value in cfg.to_dict().items() if key in RUNNER_KEYS}


def copies_of(name: str, cfg: Config) -> list[str]:
    """Find where a variable of a config file was copied to when the file was read.

    Args:
        name (str): The variable.
        cfg (Config): The config.

    Returns:
        list[str]: Dotted keys of the same value in what the Runner reads. Flags, 0 and 1, which
        stand at many places, have none.
    """
    value = cfg.to_dict()[name]
    if isinstance(value, bool | None) or value in (0, 1, '', [], (), {}):
        return []
    return [path for path, node in walk(read_part(cfg)) if _is_copy(node, value)]


def _is_copy(node: Any, value: Any) -> bool:
    """Compare; (height, width) may have become (width, height)."""
    if isinstance(node, list | tuple) and isinstance(value, list | tuple):
        return list(value) in (list(node), list(reversed(node)))
    return isinstance(node, type(value)) and node == value
