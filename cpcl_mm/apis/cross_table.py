"""One table of scores on several data sets."""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.engine.checkpoint_origin import BEST_ON_TEST, NOISY_PAIRS, CheckpointOrigin
from cpcl_mm.registry import DATASETS
from cpcl_mm.utils.external_configs import config_file

from .config_check import nearest

_SCORES = ('R@1', 'R@5', 'R@10', 'mAP', 'mINP')


def configs_on(cfg: Config, data: Sequence[str]) -> dict[str, Config]:
    """Make a config for the test on each of several data sets, by the names of these.

    Args:
        cfg (Config): Config of the model; its test transforms are those of each test.
        data (Sequence[str]): Names of classes, or configs whose test split is meant; with
            ``=DIR`` behind, the data lies in that folder.

    Raises:
        ValueError: If a data set is unknown or named twice.
    """
    if cfg.get('test_dataloader') is None:
        raise ValueError(f'{cfg.filename} has no test_dataloader, whose transforms --on needs')
    configs: dict[str, Config] = {}
    for text in data:
        dataset = _dataset_named(cfg.test_dataloader.dataset, text)
        name = getattr(DATASETS.get(dataset['type']), 'public_name', '') or text
        if name in configs:
            raise ValueError(f'--on {text}: {name} is named twice')
        configs[name] = each = copy.deepcopy(cfg)
        each.test_dataloader.dataset = dataset
        # Logs and pictures of one test shall not replace those of another.
        folder = f'{len(configs)}_{Path(name.partition("=")[0]).stem}'
        each.work_dir = str(Path(cfg.work_dir, folder))
        each.experiment_name = f'{Path(cfg.filename).stem}_{folder}'
    return configs


def _dataset_named(own: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Make the config of a data set of ``own``, the model's, and what the command line says."""
    name, _, root = text.partition('=')
    if name.endswith('.py'):
        loader = Config.fromfile(config_file(name)).get('test_dataloader')
        if loader is None or 'type' not in loader.get('dataset', {}):
            raise ValueError(f'--on {text}: it has no test_dataloader with a data set')
        other = loader.dataset.to_dict()
    elif name == str(own.get('type')).rpartition('.')[2]:
        other = dict(own)
    else:
        classes = DATASETS.module_dict.items()
        known = [key for key, each in classes if issubclass(each, ImageCaptionDataset)]
        if name not in known:
            raise ValueError(f'--on {text}: there is no data set {name!r}; {nearest(name, known)}')
        other = dict(type=name)
    common = {key: own[key] for key in ('split', 'view') if key in own}
    dataset = common | other | dict(pipeline=own['pipeline'])
    return dataset | (dict(data_root=root) if root else {})


def cross_table(scores: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Write scores, in percent and by data set, as the lines of a table of Markdown.

    Captions search images. Scores that are best on test say so in their names.
    """
    rows = [['data set', *_SCORES], ['---', *['--:'] * len(_SCORES)]]
    for name, each in scores.items():
        best = {key.removeprefix(f'{BEST_ON_TEST}/'): score for key, score in each.items()}
        values = [best.get(f't2i/{key}') for key in _SCORES]
        title = name if best.keys() <= each.keys() else f'{name} ({BEST_ON_TEST})'
        rows.append([title, *('–' if value is None else f'{value:.2f}' for value in values)])
    return [f'| {" | ".join(cells)} |' for cells in rows]


def notes_on(configs: Mapping[str, Config], origin: CheckpointOrigin) -> list[str]:
    """Say what to know of the scores of a table: whose images these are, and what overlaps."""
    notes = []
    for name, cfg in configs.items():
        dataset = cfg.test_dataloader.dataset
        if sources := getattr(DATASETS.get(dataset['type']), 'sources', ()):
            notes.append(f'{name} is cut from {", ".join(sources)}.')
        if overlap := origin.overlap(dataset):
            notes.append(f'WARNING: {overlap}.')
    if origin.trained_on is None:
        notes.append('What the weights were trained on is not known: people may be in both.')
    if origin.noisy_share:
        notes.append(f'{NOISY_PAIRS}: {origin.noisy_share:.3f} of the training pairs were wrong.')
    return notes
