"""Finds misspelled types in a config before anything is built from it."""

import difflib
from collections.abc import Iterator
from typing import Any

import mmengine.registry
import mmpretrain.registry
from mmengine.config import Config
from mmengine.registry import Registry

import cpcl_mm.registry

# What mmengine's ProfilerHook calls its handlers; they are in no registry.
_PROFILER_HANDLERS = ('log_trace', 'tb_trace')


def check_types(cfg: Config) -> None:
    """Check that every ``type`` in a config is registered somewhere.

    Args:
        cfg (Config): The config; classes in the place of names are left alone.

    Raises:
        ValueError: If a name is unknown: the config file, the key, the name and what was probably
            meant.
    """
    known = registered_types()
    for key, name in iterate_types(cfg.to_dict()):
        if name.split('.')[-1] not in known and name not in _PROFILER_HANDLERS:
            near = difflib.get_close_matches(name, known, n=3)
            remedy = (
                f'did you mean {" or ".join(near)}?'
                if near
                else ('import the module that registers it by custom_imports')
            )
            raise ValueError(f'{cfg.filename}: {key}.type = {name!r} is not registered; {remedy}')


def iterate_types(node: Any, path: str = '') -> Iterator[tuple[str, str]]:
    """Walk a config.

    Args:
        node (dict | list | Any): The config or a part of it.
        path (str): The dotted key of the part. Defaults to ''.

    Yields:
        tuple[str, str]: Dotted key and name of every type given as a string.
    """
    if isinstance(node, dict):
        if isinstance(node.get('type'), str):
            yield path, node['type']
        for key, value in node.items():
            yield from iterate_types(value, f'{path}.{key}' if path else str(key))
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            yield from iterate_types(value, f'{path}[{index}]')


def registered_types() -> dict[str, list[Any]]:
    """Collect what the registries of all imported scopes hold.

    Returns:
        dict[str, list]: The classes and functions that are registered under each name.
    """
    types: dict[str, list[Any]] = {}
    # Some nodes of mmpretrain and of this package hang below none of mmengine's.
    modules = (mmengine.registry, mmpretrain.registry, cpcl_mm.registry)
    waiting = [node for m in modules for node in vars(m).values() if isinstance(node, Registry)]
    while waiting:
        node = waiting.pop()
        node.import_from_location()
        for name, registered in node.module_dict.items():
            types.setdefault(name, []).append(registered)
        waiting.extend(node.children.values())
    return types
