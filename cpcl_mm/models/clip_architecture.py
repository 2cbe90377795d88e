"""CLIP architectures, the weights behind their tags, and what images and captions these expect."""

import difflib
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
from mmengine.logging import print_log
from open_clip.pretrained import get_pretrained_cfg
from open_clip.transform import PreprocessCfg, merge_preprocess_dict

# Architectures of our own, in open_clip's JSON format: `cpcl-tiny` for the built-in data set.
_FOLDER = Path(__file__).parent / 'architectures'
open_clip.add_model_config(_FOLDER)
OWN = frozenset(path.stem for path in _FOLDER.glob('*.json'))

REQUIRED_KEYS = ('embed_dim', 'vision_cfg', 'text_cfg')
RGB = tuple[float, float, float]


def get_architecture(architecture: str | dict[str, Any]) -> dict[str, Any]:
    """Return an open_clip model config as a dict that the caller may change.

    Args:
        architecture (str | dict): A name from ``open_clip.list_models()`` (those of this package,
            such as ``cpcl-tiny``, among them), or the model config itself.

    Raises:
        ValueError: If the name is unknown (the nearest names are listed) or a key is missing.
    """
    if isinstance(architecture, str):
        config = open_clip.get_model_config(architecture.replace('/', '-'))
        if config is None:
            near = difflib.get_close_matches(architecture, open_clip.list_models(), 5, cutoff=0.4)
            raise ValueError(
                f'unknown CLIP architecture {architecture!r}; nearest names: {near}. `python -c '
                '"import cpcl_mm, open_clip; print(open_clip.list_models())"` lists them all'
            )
        return config
    missing = [key for key in REQUIRED_KEYS if key not in architecture]
    if missing:
        raise ValueError(
            f'a CLIP architecture given as a dict needs the keys {REQUIRED_KEYS}; {missing} '
            f'not found among {sorted(architecture)}'
        )
    return deepcopy(dict(architecture))


def list_weights(architecture: str | dict[str, Any]) -> list[str]:
    """List the tags of an architecture's pretrained weights, the original ones first.

    None for a model config, which has no name to look them up by.
    """
    if not isinstance(architecture, str):
        return []
    return open_clip.list_pretrained_tags_by_model(architecture.replace('/', '-'))


@dataclass(frozen=True)
class CLIPSettings:
    """What images and captions must be like for a CLIP model.

    Attributes:
        mean (tuple[float, float, float]): Mean of the channels red, green, blue, 0-255.
        std (tuple[float, float, float]): Standard deviation, likewise.
        interpolation (str): ``'bicubic'`` or ``'bilinear'``.
        image_size (tuple[int, int]): Height and width of the architecture's input in pixels.
        context_length (int): Tokens per caption.
        tokenizer (str, optional): Name of the tokenizer on the Hugging Face hub; None stands for
            CLIP's byte pair encoding, which comes with open_clip.
    """

    mean: RGB
    std: RGB
    interpolation: str
    image_size: tuple[int, int]
    context_length: int
    tokenizer: str | None


def get_clip_settings(
    architecture: str | dict[str, Any], pretrained: str | None = None
) -> CLIPSettings:
    """Look up the settings of a CLIP model in open_clip's tables.

    Sizes and tokenizer belong to the architecture, normalization and interpolation to the weights:
    of ``ViT-L-14``, ``openai`` and ``laion2b_s32b_b82k`` differ. They are known for open_clip's
    tags. For a file, and without weights, those of the architecture's first tag are taken, or of
    OpenAI's CLIP where it has none; for a file the log says so. Raises ValueError if the
    architecture is unknown.

    Examples:
        >>> from cpcl_mm.models.clip_architecture import get_clip_settings
        >>> siglip = get_clip_settings('ViT-B-16-SigLIP', 'webli')
        >>> siglip.mean, siglip.image_size, siglip.context_length
        ((127.5, 127.5, 127.5), (224, 224), 64)
    """
    config = get_architecture(architecture)
    preprocessing = PreprocessCfg(**_preprocessing(architecture, pretrained))
    size, text = config['vision_cfg'].get('image_size', preprocessing.size), config['text_cfg']
    return CLIPSettings(
        mean=_to_255(preprocessing.mean),
        std=_to_255(preprocessing.std),
        interpolation=preprocessing.interpolation,
        image_size=(size, size) if isinstance(size, int) else (size[0], size[1]),
        context_length=text.get('context_length', open_clip.tokenizer.DEFAULT_CONTEXT_LENGTH),
        tokenizer=text.get('hf_tokenizer_name'),
    )


def _preprocessing(architecture: str | dict[str, Any], pretrained: str | None) -> dict[str, Any]:
    """Find the preprocessing of a tag, or of what stands nearest to it."""
    tags = list_weights(architecture)
    tag = pretrained if pretrained in tags else next(iter(tags), None)
    if pretrained is not None and tag != pretrained:
        name = architecture if isinstance(architecture, str) else 'the architecture'
        source = f'the weights {tag!r}' if tag else "OpenAI's CLIP"
        print_log(
            f'Image mean, deviation and interpolation of {name} are those of {source}: '
            f'{pretrained!r} is none of its tags {tags}. Set mean and std of the data preprocessor '
            'where the weights were trained with others.',
            logger='current',
        )
    known = {} if tag is None else get_pretrained_cfg(str(architecture).replace('/', '-'), tag)
    return merge_preprocess_dict(PreprocessCfg(), known)


def _to_255(values: tuple[float, ...]) -> RGB:
    red, green, blue = (255.0 * value for value in values)
    return red, green, blue
