"""Checks that the data set gives what the model takes, and fills a batch."""

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dist import get_world_size
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from cpcl_mm.datasets.transforms.pipeline import build_pipeline
from cpcl_mm.models.clip_architecture import OWN, get_architecture
from cpcl_mm.registry import SCOPE, TOKENIZERS

from .config_check import read_part, walk

# Height and width that no config asks for.
_SOME_IMAGE = (107, 53, 3)


def check_model(cfg: Config) -> None:
    """Check sizes of images and captions before anything is read.

    Towers of other kinds than CLIP's take images of any size, or say themselves what they miss.

    Raises:
        ValueError: If a tower does not take what a pipeline gives: names both settings.
    """
    model = cfg.get('model') or {}
    settings = read_part(cfg)
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope') or SCOPE):
        if _is_type(model.get('text_backbone'), 'CLIPTextTower'):
            _check_captions(model['text_backbone'], settings)
        if _is_type(model.get('image_backbone'), 'CLIPImageTower'):
            _check_images(model['image_backbone'], settings)


def check_epoch(runner: Runner) -> None:
    """Refuse a training set that fills no batch: the training set is built here, before it trains.

    mmengine would end without a step, or fail at the schedules.
    """
    loader = runner.train_dataloader
    if len(loader) > 0:
        return
    samples, processes = len(loader.dataset), get_world_size()
    shared = '' if processes == 1 else f' in each of {processes} processes'
    if samples < processes:
        raise ValueError(f'the training set (train_dataloader.dataset) has {samples} samples')
    raise ValueError(
        f'the training set has {samples} samples, fewer than train_dataloader.batch_size='
        f'{loader.batch_size}{shared}, and train_dataloader.drop_last=True drops what fills no '
        f'batch: set train_dataloader.batch_size={samples // processes} or less'
    )


def _check_captions(tower: dict, settings: dict) -> None:
    """Compare context length and vocabulary of all tokenizers with those of the text tower."""
    text = get_architecture(tower['architecture'])['text_cfg']
    length = tower.get('context_length') or text.get('context_length', 77)
    words = text.get('vocab_size', 49408)
    if 'hf_model_name' in text:
        # These take shorter captions, and know their vocabulary themselves.
        return
    # Those of our own architectures have room for more words than there are.
    needs_all = tower.get('pretrained') and str(tower['architecture']) not in OWN
    for path, tokenizer in _unlike('tokenizer', settings):
        if not isinstance(tokenizer, dict):
            continue
        built = TOKENIZERS.build(tokenizer)
        if built.context_length != length:
            raise ValueError(
                f'{path} ({tokenizer["type"]}) gives {built.context_length} tokens a caption, and '
                f'model.text_backbone takes {length}: set {path}.context_length={length}, or both '
                'by cpcl_mm.apis.use_context_length in the config'
            )
        if built.vocab_size > words or (built.vocab_size < words and needs_all):
            raise ValueError(
                f'{path} ({tokenizer["type"]}) has {built.vocab_size} words, and '
                f'model.text_backbone.architecture has {words} (text_cfg.vocab_size): take the '
                'tokenizer that the tower was made for, dict(type="OpenCLIPTokenizer", '
                'architecture=...) for those of open_clip'
            )


def _check_images(tower: dict, settings: dict) -> None:
    """Compare the size of the images of all pipelines with that of the image tower."""
    vision = get_architecture(tower['architecture'])['vision_cfg']
    size = tower.get('image_size')
    if size is None and 'timm_model_name' in vision:
        # Many of these take any size.
        return
    setting = 'architecture' if size is None else 'image_size'
    size = vision.get('image_size', 224) if size is None else size
    expected = (size, size) if isinstance(size, int) else tuple(size)
    if min(expected) < vision.get('patch_size', 1):
        raise ValueError(
            f'model.image_backbone.{setting}={size} is less than a patch of '
            f'{vision["patch_size"]} pixels'
        )
    for path, pipeline in _unlike('pipeline', settings):
        found = _image_size(pipeline) if isinstance(pipeline, list) else None
        if found not in (None, expected):
            raise ValueError(
                f'{path} gives images of {found[0]} x {found[1]} pixels (height x width), and '
                f'model.image_backbone.{setting} takes {expected[0]} x {expected[1]}: set one of '
                'them; the scale of Resize is (width, height)'
            )


def _unlike(key: str, settings: dict) -> Iterator[tuple[str, Any]]:
    """Yield the different values of a key, and the path of the first of each."""
    seen = set()
    for path, value in walk(settings):
        if path.split('.')[-1] == key and str(value) not in seen:
            seen.add(str(value))
            yield path, value


def _image_size(pipeline: list) -> tuple[int, int] | None:
    """Give height and width of the images of a pipeline; None if it reads no images by OnImage."""
    steps: list[dict] = next(
        (step['transforms'] for step in pipeline if _is_type(step, 'OnImage')), []
    )
    steps = [step for step in steps if 'Load' not in str(step.get('type'))]
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    image = np.zeros(_SOME_IMAGE, np.uint8)
    shape = _SOME_IMAGE[:2]
    try:
        made = build_pipeline(steps)(dict(img=image, img_shape=shape, ori_shape=shape, img_path=''))
        return tuple(made['img'].shape[:2]) if steps else None
    # A transform may need more than an image: the first batch will show its size.
    except Exception:
        return None
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


def _is_type(node: Any, name: str) -> bool:
    return isinstance(node, dict) and str(node.get('type')).split('.')[-1] == name
