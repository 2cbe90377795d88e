"""The tokenizer of a pipeline, made independent of this machine and of this release."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cpcl_mm.models.tokenizers import OpenCLIPTokenizer, WordTokenizer
from cpcl_mm.registry import TOKENIZERS

from .manifest import Pipeline

FOLDER = 'tokenizer'


def tokenizer_of(node: Any) -> Any:
    """Build the tokenizer that a pipeline names.

    Args:
        node (list[dict]): Test transforms.

    Returns:
        Callable: The tokenizer, with its ``vocab_size``.

    Raises:
        ValueError: If there is none.
    """
    config = _find(node)
    if config is None:
        raise ValueError('the test transforms name no tokenizer: sentences cannot be encoded')
    return TOKENIZERS.build(config)


def inline_tokenizer(steps: Pipeline, folder: Path) -> Pipeline:
    """Put vocabulary or files of the tokenizer into an export.

    Args:
        steps (list[dict]): Test transforms.
        folder (Path): Of the export; files of the Hugging Face hub go into ``tokenizer/``.

    Returns:
        list[dict]: The transforms, with a tokenizer that reads nothing outside the export.
    """
    tokenizer = tokenizer_of(steps)
    settings: dict[str, Any] = {}
    if isinstance(tokenizer, WordTokenizer):
        settings = dict(words=list(tokenizer.words))
    elif isinstance(tokenizer, OpenCLIPTokenizer) and tokenizer.folder:
        shutil.copytree(tokenizer.folder, folder / FOLDER)
        settings = dict(local_files=FOLDER, download=False)
    return _with(steps, settings)


def locate_tokenizer(steps: Pipeline, folder: Path) -> Pipeline:
    """Let the tokenizer of an export find its files wherever the export lies.

    Args:
        steps (list[dict]): Test transforms of an export.
        folder (Path): Where it lies.

    Returns:
        list[dict]: The transforms.
    """
    has_files = (_find(steps) or {}).get('local_files')
    return _with(steps, dict(local_files=str(folder / FOLDER)) if has_files else {})


def _find(node: Any) -> Mapping[str, Any] | None:
    """Give the first config of a tokenizer in a pipeline."""
    if isinstance(node, Mapping):
        if isinstance(node.get('tokenizer'), Mapping):
            return node['tokenizer']
        node = list(node.values())
    if not isinstance(node, list | tuple):
        return None
    return next((found for value in node if (found := _find(value)) is not None), None)


def _with(node: Any, settings: Mapping[str, Any]) -> Any:
    """Copy a pipeline, with other settings of its tokenizer."""
    if isinstance(node, Mapping):
        return {
            key: {**value, **settings}
            if key == 'tokenizer' and isinstance(value, Mapping)
            else _with(value, settings)
            for key, value in node.items()
        }
    if isinstance(node, list | tuple):
        return type(node)(_with(value, settings) for value in node)
    return node
