"""From the files of a training, or of an export, to an encoder."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.registry import DefaultScope
from torch import Tensor

from cpcl_mm.models import ImageTextPreprocessor, TextToImageRetriever
from cpcl_mm.models.lora import merge_lora
from cpcl_mm.registry import MODELS
from cpcl_mm.utils.safe_checkpoints import load_checkpoint_file

from .encoder import ModelEncoder
from .export_manifest import Manifest, locate_tokenizer
from .onnx_retriever import OnnxRetriever
from .search_config import SearchConfig, check_allowed, config_from_checkpoint, config_from_file

# Weights that come with the package; searching takes their names for their files.
SHIPPED = Path(__file__).parents[1] / 'weights'
# Keys of a model's config that change no feature of a trained model.
TRAINING_KEYS = frozenset({'frozen_stages', 'head', 'init_cfg', 'lora', 'pretrained', 'with_cp'})


def load_encoder(
    model: str | Path, config: str | Path | None = None, device: str | None = None
) -> ModelEncoder:
    """Build a trained model, in eval mode, that encodes images and sentences.

    Args:
        model (str | Path): As for :class:`~cpcl_mm.search.PersonSearcher`.
        config (str | Path, optional): As there. Defaults to None.
        device (str, optional): As there. Defaults to None.

    Raises:
        FileNotFoundError: If a file does not exist.
        ImportError: If an exported model lacks onnxruntime.
        ValueError: If the files do not make a retriever.
    """
    if Path(model).is_dir():
        return _load_exported(Path(model), device)
    shipped = SHIPPED / f'{model}.safetensors'
    source = str(shipped if shipped.is_file() and not Path(model).exists() else model)
    checkpoint = load_checkpoint_file(source)
    if not isinstance(checkpoint.get('state_dict'), dict):
        raise ValueError(
            f'{source} has no "state_dict": it is no checkpoint of a training by tools/train.py'
        )
    found = config_from_file(config) if config else config_from_checkpoint(checkpoint, source)
    with DefaultScope.overwrite_default_scope(found.scope):
        retriever = _build(found, source)
        _load_weights(retriever, checkpoint['state_dict'], source)
        fingerprint = model_fingerprint(found.model, found.pipeline, retriever.state_dict())
        _move(retriever.eval(), device or get_device())
        with _building(source):
            return ModelEncoder(retriever, found.pipeline, fingerprint, source, found.scope)


def model_fingerprint(
    model: Mapping[str, Any],
    pipeline: Sequence[Mapping[str, Any]],
    state_dict: Mapping[str, Tensor],
) -> str:
    """Hash all that features depend on, into 32 hexadecimal digits that tell models apart."""
    digest = hashlib.blake2b(digest_size=16)
    # Here `pretrained` stays: the preprocessor looks up mean and deviation by it.
    preprocessor = model.get('data_preprocessor')
    settings = [_without_training(model), preprocessor, pipeline]
    digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
    for key in sorted(state_dict):
        tensor = state_dict[key].detach().cpu().contiguous()
        digest.update(f'{key} {tuple(tensor.shape)} {tensor.dtype}'.encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _without_training(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {k: _without_training(v) for k, v in node.items() if k not in TRAINING_KEYS}
    if isinstance(node, list | tuple):
        return [_without_training(value) for value in node]
    return node


def _load_exported(folder: Path, device: str | None) -> ModelEncoder:
    manifest = Manifest.read(folder)
    located = locate_tokenizer(manifest.transforms(), folder)
    steps = check_allowed(SearchConfig({}, located, manifest.scope), str(folder)).pipeline
    to_rgb = manifest.channel_order == 'RGB'
    preprocessor = ImageTextPreprocessor(mean=manifest.mean, std=manifest.std, to_rgb=to_rgb)
    retriever = OnnxRetriever(folder, preprocessor, device)
    with DefaultScope.overwrite_default_scope(manifest.scope), _building(str(folder)):
        return ModelEncoder(retriever, steps, manifest.fingerprint, str(folder), manifest.scope)


def _build(config: SearchConfig, source: str) -> TextToImageRetriever:
    # Pretrained weights, which the checkpoint replaces, are not fetched.
    with _building(source):
        model = MODELS.build(config.model)
    if not isinstance(model, TextToImageRetriever):
        raise ValueError(
            f'{source} holds a {type(model).__name__}; searching by a sentence needs a '
            'TextToImageRetriever'
        )
    return model


@contextmanager
def _building(source: str) -> Iterator[None]:
    """Name the file whose model or transforms raise anything for settings that do not fit."""
    try:
        yield
    except (ArithmeticError, AssertionError, LookupError, RuntimeError, TypeError) as error:
        raise ValueError(
            f'what {source} describes cannot be built ({type(error).__name__}: {error})'
        ) from error


def _load_weights(model: TextToImageRetriever, weights: Mapping[str, Tensor], source: str) -> None:
    """Load what encodes; the head, with its memories and labels, is for training alone."""
    weights = {key: x for key, x in weights.items() if not key.startswith('head.')}
    try:
        weights = merge_lora(weights)
    except ValueError as error:
        raise ValueError(f'{source}: {error}') from error
    try:
        missing, unexpected = model.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise ValueError(f'{source} does not fit its config: {error}') from error
    if missing or unexpected:
        raise ValueError(
            f'{source} does not fit its config: {len(missing)} weights are missing '
            f'{missing[:3]}, {len(unexpected)} are unknown {unexpected[:3]}'
        )


def _move(model: TextToImageRetriever, device: str) -> None:
    try:
        model.to(device)
    # Of a device that is not there, some builds of torch say one and some the other.
    except (AssertionError, RuntimeError) as error:
        raise ValueError(f'device={device!r} cannot be used ({error}): try the cpu') from error
