"""The part of a config that searching needs: from a config file, or from a checkpoint as data."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from .config_check import check_types, iterate_types, registered_types

SAFE_PACKAGES = ('cpcl_mm', 'mmcv', 'mmengine', 'mmpretrain', 'torch')
"""Whose classes the config of a checkpoint may name."""

SCOPES = ('', 'cpcl_mm', 'mmengine', 'mmpretrain')

KEYS = (
    *('default_scope', 'model', 'data_preprocessor'),
    *('test_dataloader', 'val_dataloader', 'test_pipeline'),
)


@dataclass(frozen=True)
class SearchConfig:
    """What a trained model is built from, and what its images and captions go through.

    Attributes:
        model (dict): Config of the model, with its ``data_preprocessor``.
        pipeline (list[dict]): Test transforms.
        scope (str): Registry scope that types are looked up in.
    """

    model: dict[str, Any]
    pipeline: list[dict[str, Any]]
    scope: str


def config_from_file(path: str | Path) -> SearchConfig:
    """Read a config file, which is Python and is executed: give your own.

    Args:
        path (str | Path): The config file of the training.

    Returns:
        SearchConfig: The parts of it that searching needs.

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
    values are accepted: literals and ``dict(...)`` of such. A type in it must be a class that this
    package, mmpretrain, mmcv, mmengine or torch registers under that name: mmengine's registries
    would also import a dotted name such as ``os.system``, and some registered functions load code
    from a model hub.

    Args:
        checkpoint (dict): A loaded checkpoint.
        source (str): Its file, for messages.

    Returns:
        SearchConfig: The parts of it that searching needs.

    Raises:
        ValueError: If there is no config, it is not plain, or names other types.
    """
    meta = checkpoint.get('meta')
    text = meta.get('cfg') if isinstance(meta, Mapping) else None
    remedy = f'give the config file as well: PersonSearcher(config, {source!r})'
    if not isinstance(text, str):
        raise ValueError(f'{source} holds no config (meta["cfg"]) of its model; {remedy}')
    try:
        config = _pick(parse_config_text(text), source)
    except (RecursionError, MemoryError, SyntaxError) as error:
        raise ValueError(f'the config in {source} cannot be read ({error}); {remedy}') from error
    check_safe(
        {'model': config.model, 'pipeline': config.pipeline}, source, f'; if you trust it, {remedy}'
    )
    return config


def check_safe(parts: Mapping[str, Any], source: str, remedy: str = '') -> None:
    """Check that a config read as data names only classes that build models and transforms.

    Args:
        parts (dict): Parts of the config.
        source (str): The file that they are from, for the message.
        remedy (str): What the message ends in. Defaults to ''.

    Raises:
        ValueError: If another type is named.
    """
    for key, name in iterate_types(dict(parts)):
        if not _is_safe(name):
            raise ValueError(
                f'the config in {source} names {key}.type = {name!r}, which is no class of '
                f'{", ".join(SAFE_PACKAGES)}{remedy}'
            )


def parse_config_text(text: str) -> dict[str, Any]:
    r"""Read the assignments of a config's text as data.

    Args:
        text (str): What mmengine's ``Config.pretty_text`` gives.

    Returns:
        dict: The values of ``KEYS`` that are there.

    Raises:
        SyntaxError: If one of them is no plain value.

    Examples:
        >>> from cpcl_mm.apis.search_config import parse_config_text
        >>> parse_config_text("lr = float('1e-3')\nmodel = dict(type='A', size=(96, 48))")
        {'model': {'type': 'A', 'size': (96, 48)}}
    """
    values = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in KEYS:
                values[name] = _literal(name, node.value)
    return values


def _literal(name: str, node: ast.expr) -> Any:
    try:
        return ast.literal_eval(_DictCalls().visit(node))
    except ValueError as error:
        raise SyntaxError(f'{name} is no plain value: {error}') from error


class _DictCalls(ast.NodeTransformer):
    """Writes ``dict(a=1)`` as ``{'a': 1}``, so that it is a literal."""

    def visit_Call(self, node: ast.Call) -> ast.AST:  # noqa: N802 (named by ast)
        self.generic_visit(node)
        is_dict = isinstance(node.func, ast.Name) and node.func.id == 'dict' and not node.args
        if not is_dict or any(keyword.arg is None for keyword in node.keywords):
            return node
        return ast.Dict(
            keys=[ast.Constant(keyword.arg) for keyword in node.keywords],
            values=[keyword.value for keyword in node.keywords],
        )


def _pick(cfg: Mapping[str, Any], source: str) -> SearchConfig:
    """Take what searching needs out of a whole config."""
    pipeline = cfg.get('test_pipeline')
    for key in ('val_dataloader', 'test_dataloader'):
        # Of several, the last one counts: that of the test split.
        pipeline = _pipeline_of((cfg.get(key) or {}).get('dataset')) or pipeline
    if not cfg.get('model') or not pipeline:
        raise ValueError(
            f'{source}: its config has no {"test transforms" if cfg.get("model") else "model"} '
            '(test_dataloader.dataset.pipeline or test_pipeline): give the config of a retriever'
        )
    model = dict(cfg['model'])
    if cfg.get('data_preprocessor'):
        model.setdefault('data_preprocessor', cfg['data_preprocessor'])
    return SearchConfig(model, list(pipeline), cfg.get('default_scope') or 'cpcl_mm')


def _pipeline_of(dataset: Any) -> Any:
    """Transforms of a data set, also behind wrappers such as ConcatDataset."""
    if isinstance(dataset, list | tuple):
        dataset = dataset[0] if dataset else None
    if not isinstance(dataset, Mapping):
        return None
    inner = dataset.get('dataset') or dataset.get('datasets')
    return dataset.get('pipeline') or _pipeline_of(inner)


def _is_safe(name: str) -> bool:
    """Whether every registered object of a name is a class of a package that is known."""
    scope, _, short = name.rpartition('.')
    found = registered_types().get(short, [])
    if scope not in SCOPES or not found:
        return False
    return all(isinstance(x, type) and x.__module__.split('.')[0] in SAFE_PACKAGES for x in found)
