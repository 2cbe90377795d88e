"""From a config to the data set of one of its splits."""

from typing import Any

from mmengine.config import Config
from mmengine.registry import DefaultScope

from cpcl_mm.registry import DATASETS, SCOPE

SPLITS = ('train', 'val', 'test')


def configured_splits(cfg: Config) -> list[str]:
    """List the splits that a config has a data loader for."""
    return [split for split in SPLITS if cfg.get(f'{split}_dataloader')]


def build_split(cfg: Config, split: str) -> Any:
    """Build the image-caption data set of a split.

    Args:
        cfg (Config): The config.
        split (str): ``'train'``, ``'val'`` or ``'test'``.

    Returns:
        ImageCaptionDataset: The data set, or another that has ``images``.

    Raises:
        ValueError: If the config has none for this split, or it is no image-caption data set.
    """
    loader = cfg.get(f'{split}_dataloader')
    if loader is None:
        raise ValueError(f'{cfg.filename} has no {split}_dataloader: choose another --split.')
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', SCOPE)):
        dataset = DATASETS.build(loader.dataset)
    if not hasattr(dataset, 'images'):
        raise ValueError(
            f'{type(dataset).__name__} of {cfg.filename} is no image-caption data set: it has no '
            '`images`.'
        )
    return dataset
