"""Finds misspelt types in a config before anything is built from it."""

import difflib
from collections.abc import Iterator
from typing import Any

import mmengine.registry
import mmpretrain.registry
from mmengine.config import Config
from mmengine.registry import Registry

import cpcl_mm.registry


def check_types(cfg: Config) -> None:
    """Check that every ``type`` in a config is registered somewhere.

    Args:
        cfg (Config): The config; classes in the place of names are left alone.

    Raises:
        ValueError: If a name is unknown: the config file, the key, the name and what was probably
            meant.
    """
    known = _registered_names()
    for key, name in _types(cfg.to_dict(), ''):
        if name.split('.')[-1] not in known:
            near = difflib.get_close_matches(name, known, n=3)
            remedy = (
                f'did you mean {" or ".join(near)}?'
                if near
                else ('import the module that registers it by custom_imports')
            )
            raise ValueError(f'{cfg.filename}: {key}.type = {name!r} is not registered; {remedy}')


def _types(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """Walk a config and yield the path and the name of every type given as a string."""
    if isinstance(node, dict):
        if isinstance(node.get('type'), str):
            yield path, node['type']
        for key, value in node.items():
            yield from _types(value, f'{path}.{key}' if path else str(key))
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            yield from _types(value, f'{path}[{index}]')


def _registered_names() -> set[str]:
    """Collect the names of all registries of all scopes that have been imported."""
    names: set[str] = set()
    # Some nodes of mmpretrain and of this package hang below none of mmengine's.
    modules = (mmengine.registry, mmpretrain.registry, cpcl_mm.registry)
    waiting = [node for m in modules for node in vars(m).values() if isinstance(node, Registry)]
    while waiting:
        node = waiting.pop()
        node.import_from_location()
        names.update(node.module_dict)
        waiting.extend(node.children.values())
    return names
