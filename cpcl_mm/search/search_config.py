"""The part of a config that searching needs: from a config file, or from a checkpoint as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from cpcl_mm.apis.config_check import check_types
from cpcl_mm.utils.config_text import parse_config_text

from .allowed_config import RefusedError, allow_model, allow_pipeline, allow_scope

KEYS = (
    *('default_scope', 'model', 'data_preprocessor'),
    *('test_dataloader', 'val_dataloader', 'test_pipeline'),
)


@dataclass(frozen=True)
class SearchConfig:
    """What a trained model is built from, and what its images and captions go through.

    The model has its ``data_preprocessor``, and no head, which is for training; the pipeline is
    that of a test; types are looked up in the registry scope.
    """

    model: dict[str, Any]
    pipeline: list[dict[str, Any]]
    scope: str


def config_from_file(path: str | Path) -> SearchConfig:
    """Read the config file of a training, which is Python and is executed: give your own.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a type in it is not registered, or it lacks model or test transforms.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'there is no config file {str(path)!r}')
    cfg = Config.fromfile(path)
    check_types(cfg)
    return _pick(cfg.to_dict(), str(path))


def config_from_checkpoint(checkpoint: Mapping[str, Any], source: str) -> SearchConfig:
    """Read the config that mmengine stores in a checkpoint, without executing it.

    ``meta['cfg']`` is the text of a Python file. It is parsed, and of its assignments only plain
    values are accepted: literals and ``dict(...)`` of such. What they build must be on the list of
    :mod:`~cpcl_mm.search.allowed_config`, arguments included. Errors name the ``source``.

    Raises:
        ValueError: If there is no config, it is not plain, or not on the list.
    """
    meta = checkpoint.get('meta')
    text = meta.get('cfg') if isinstance(meta, Mapping) else None
    remedy = f'give the config file as well: PersonSearcher({source!r}, config)'
    if not isinstance(text, str):
        raise ValueError(f'{source} holds no config (meta["cfg"]) of its model; {remedy}')
    try:
        config = _pick(parse_config_text(text, KEYS), source)
    except (RecursionError, MemoryError, SyntaxError) as error:
        raise ValueError(f'the config in {source} cannot be read ({error}); {remedy}') from error
    return check_allowed(config, source, f'; if you trust it, {remedy}')


def check_allowed(config: SearchConfig, source: str, remedy: str = '') -> SearchConfig:
    """Check that a config read as data builds nothing but what is on the list.

    The model of an export, which is no config, is ``{}``. What is for training alone is left out.

    Raises:
        ValueError: If it has anything that is not on the list: names source, value and remedy.
    """
    try:
        return SearchConfig(
            model=allow_model(config.model) if config.model else {},
            pipeline=allow_pipeline(config.pipeline),
            scope=allow_scope(config.scope),
        )
    except RefusedError as error:
        raise ValueError(f'the config in {source} has {error}{remedy}') from error


def _pick(cfg: Mapping[str, Any], source: str) -> SearchConfig:
    """Take what searching needs out of a whole config."""
    pipeline = cfg.get('test_pipeline')
    for key in ('val_dataloader', 'test_dataloader'):
        # Of several, the last one counts: that of the test split.
        loader = cfg.get(key)
        dataset = loader.get('dataset') if isinstance(loader, Mapping) else None
        pipeline = _pipeline_of(dataset) or pipeline
    model = cfg.get('model')
    if not model or not isinstance(model, Mapping) or not isinstance(pipeline, list | tuple):
        raise ValueError(
            f'{source}: its config has no {"test transforms" if model else "model"} '
            '(test_dataloader.dataset.pipeline or test_pipeline): give the config of a retriever'
        )
    model = {key: _without_lora(value) for key, value in model.items() if key != 'head'}
    if cfg.get('data_preprocessor'):
        model.setdefault('data_preprocessor', cfg['data_preprocessor'])
    return SearchConfig(model, list(pipeline), cfg.get('default_scope') or 'cpcl_mm')


def _without_lora(part: Any) -> Any:
    """Leave out what a tower learns by: adapters are merged into the weights."""
    if not isinstance(part, Mapping):
        return part
    return {key: value for key, value in part.items() if key != 'lora'}


def _pipeline_of(dataset: Any) -> Any:
    """Give transforms of a data set, also behind wrappers such as ConcatDataset."""
    if isinstance(dataset, list | tuple):
        dataset = dataset[0] if dataset else None
    if not isinstance(dataset, Mapping):
        return None
    inner = dataset.get('dataset') or dataset.get('datasets')
    return dataset.get('pipeline') or _pipeline_of(inner)
