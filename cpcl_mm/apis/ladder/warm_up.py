"""One warm-up for all configs of a ladder that train alike until the first clustering."""

import copy
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config

WARM_UP = 'warm_up'
"""Folder of the warm-ups within a ladder."""

SHARED = (
    'model',
    'data_preprocessor',
    'train_dataloader',
    'optim_wrapper',
    'param_scheduler',
    'randomness',
)
"""What makes the epochs of a warm-up, but for the head of the model."""


def epochs_before_clustering(cfgs: Mapping[str, Config]) -> int:
    """Find the number of epochs before the first clustering, on which all configs must agree.

    Args:
        cfgs (Mapping[str, Config]): Configs by name; those that never cluster have no say.

    Returns:
        int: At least 1.

    Raises:
        ValueError: If the configs differ in it, or do not train without clustering first.
    """
    found = {name: _first_clustering(cfg) for name, cfg in cfgs.items()}
    starts = {name: start for name, start in found.items() if start is not None}
    if len(set(starts.values())) != 1 or 0 in starts.values():
        raise ValueError(
            f'the first clustering comes after epochs {starts or "(never)"}: a shared warm-up '
            'needs one number for all configs, at least 1, so train without it or set '
            'default_hooks.pseudo_labels.start'
        )
    epochs = next(iter(starts.values()))
    for name, cfg in cfgs.items():
        if cfg.train_cfg.max_epochs <= epochs:
            raise ValueError(
                f'{name} trains {cfg.train_cfg.max_epochs} epochs, which the warm-up of {epochs} '
                'does already: lower default_hooks.pseudo_labels.start or raise '
                'train_cfg.max_epochs'
            )
    return epochs


def warm_up_config(cfg: Config, epochs: int) -> Config:
    """Turn a config into that of its first epochs.

    The schedule of the learning rate stays that of the whole training. There is no validation:
    the best checkpoint would be one of the warm-up's, shared by runs that delete the best for a
    better one.

    Args:
        cfg (Config): Config of the whole training; not changed.
        epochs (int): Number of epochs.

    Returns:
        Config: Config of the warm-up, which leaves its last checkpoint.
    """
    cfg = copy.deepcopy(cfg)
    cfg.train_cfg.max_epochs = epochs
    for part in ('val', 'test'):
        cfg[f'{part}_cfg'] = cfg[f'{part}_dataloader'] = cfg[f'{part}_evaluator'] = None
    cfg.default_hooks.checkpoint.pop('save_best', None)
    return cfg


def can_start_from(cfg: Config, warm_up: Config) -> bool:
    """Say whether a training differs from a warm-up in nothing but the head of the model.

    The head may differ: an instance loss of its own then begins with the first clustering.

    Args:
        cfg (Config): Config of the training.
        warm_up (Config): Config of the warm-up, with the same seed and draw of the data.

    Returns:
        bool: Whether the training can go on from the warm-up.
    """
    return all(_without_head(cfg.get(key)) == _without_head(warm_up.get(key)) for key in SHARED)


def _without_head(value: Any) -> Any:
    return {**value, 'head': None} if isinstance(value, dict) else value


def _first_clustering(cfg: Config) -> int | None:
    """Epochs before the first clustering; None where there is none."""
    hook = cfg.default_hooks.get('pseudo_labels')
    return None if hook is None else hook.get('start', 0)
