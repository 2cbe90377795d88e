"""Settings that stand at several places of a config and are one thing to a person."""

from collections.abc import Iterator
from typing import Any

from mmengine.config import Config

# Where each of them stands, and the flag that sets it.
SECTIONS = {
    'data_root': ('train_dataloader', 'val_dataloader', 'test_dataloader'),
    'pretrained': ('model', 'data_preprocessor'),
}
FLAGS = {'data_root': '--data-root', 'pretrained': '--weights'}


def set_everywhere(cfg: Config, name: str, value: str) -> None:
    """Set a shared setting at every place of a config that has it.

    Args:
        cfg (Config): The config, changed in place.
        name (str): ``'data_root'``, the folder of all three data loaders' data sets, or
            ``'pretrained'``, the weights of all towers of the model, which decide about the
            normalization of images as well.
        value (str): The new value.

    Raises:
        ValueError: If no part of the config has the setting.
    """
    places = [place for key in SECTIONS[name] for place in _dicts_with(name, cfg.get(key))]
    if not places:
        raise ValueError(
            f'{FLAGS[name]} {value}: {cfg.filename} has no {name} within '
            f'{" or ".join(SECTIONS[name])}, which it could set; write {name}=... into the config, '
            f'where the {"data set" if name == "data_root" else "tower"} takes it'
        )
    for place in places:
        place[name] = value
    cfg[name] = value


def _dicts_with(name: str, node: Any) -> Iterator[dict]:
    """Yield every dict within a part of a config that has a key."""
    if isinstance(node, dict):
        if name in node:
            yield node
        for value in node.values():
            yield from _dicts_with(name, value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _dicts_with(name, value)
