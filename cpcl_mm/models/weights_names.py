"""Names of CLIP's weights in the files of the field, brought to the towers and back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import Tensor

from cpcl_mm.utils.text import first_few

Tower = Literal['visual', 'text']

_TEXT_PARTS = (
    *('transformer.', 'token_embedding.', 'positional_embedding', 'ln_final.', 'text_projection'),
)
"""Beginnings of the text tower's names where they have no prefix, as in OpenAI's CLIP."""

_OF_NO_TOWER = (
    *('logit_scale', 'logit_bias', 'attn_mask'),
    # Settings that OpenAI's files store beside the weights.
    *('input_resolution', 'context_length', 'vocab_size'),
)
_OURS = {'image_backbone.tower.': 'visual.', 'text_backbone.tower.': 'text.'}
_BODY = re.compile(r'((?:\w+\.)*?)visual\.')

_FOREIGN = {
    r'(vision|text)_model\.': "Hugging Face's CLIPModel. Take the same weights in open_clip's "
    'form: a tag of open_clip.list_pretrained(), or open_clip_model.safetensors of a hub page',
    r'vision_encoder\.layers\.': 'APTM (Swin-B and BERT)',
    r'visual_encoder\.blocks\.': 'BLIP or ALBEF, such as RaSa (a ViT, and BERT that attends to it)',
    r'image_encoder\.(conv1|layer1)\.': 'PLIP (ResNet-50 and BERT)',
    r'(\w+\.)*embeddings\.word_embeddings\.': 'a model with BERT',
}
"""Names of other architectures, and what they are."""


@dataclass(frozen=True)
class CLIPWeights:
    """The weights of both towers, in open_clip's names.

    Attributes:
        visual (dict[str, Tensor]): Those of the image tower, without its prefix.
        text (dict[str, Tensor]): Those of the text tower, without its prefix.
        others (dict[str, Tensor]): CLIP's own beside the towers, such as ``logit_scale``.
        heads (dict[str, Tensor]): What a training put beside CLIP.
        form (str): Whose names the file has.
    """

    visual: dict[str, Tensor]
    text: dict[str, Tensor]
    others: dict[str, Tensor]
    heads: dict[str, Tensor]
    form: str

    def describe_heads(self) -> str:
        """Name the heads: the first parts of their names, and the number of tensors."""
        names = dict.fromkeys(key.partition('.')[0] for key in self.heads)
        return f'{first_few(names, 12)} ({len(self.heads)} tensors)'


def sort_by_tower(weights: Mapping[str, Tensor], path: str | Path) -> CLIPWeights:
    """Find the towers among the weights of a file.

    Known are the names of open_clip and OpenAI; of this package; of IRRA and what is built on it
    (``base_model.``, or any other prefix); and of TBPS-CLIP (``encode_text.``). Raises ValueError
    if the file holds another architecture, which is named, or no tower.
    """
    is_ours = any(key.startswith(tuple(_OURS)) for key in weights)
    named = {_rename(key): value for key, value in weights.items()} if is_ours else dict(weights)
    body = next((found[1] for key in named if (found := _BODY.match(key))), None)
    if body is None and not any(key.startswith(('text.', 'encode_text.')) for key in named):
        raise ValueError(f'{path} holds {_foreign(named)}')
    sorted_: dict[str, dict[str, Tensor]] = {k: {} for k in ('visual', 'text', 'others', 'heads')}
    for key, value in named.items():
        part, name = _place(key, body or '')
        sorted_[part][name] = value
    return CLIPWeights(**sorted_, form='this package' if is_ours else _form(named, body or ''))


def _rename(key: str) -> str:
    for old, new in _OURS.items():
        if key.startswith(old):
            return new + key.removeprefix(old)
    return key


def _place(key: str, body: str) -> tuple[str, str]:
    """Say where a tensor belongs, and under which name."""
    inner = key.removeprefix(body)
    # IRRA's head has an ln_post of its own, as the image tower does: without the body's prefix.
    if key.startswith(body):
        if inner.startswith('visual.'):
            return 'visual', inner.removeprefix('visual.')
        if inner.startswith(('text.', 'encode_text.')):
            return 'text', inner.partition('.')[2]
        if inner.startswith(_TEXT_PARTS):
            return 'text', inner
        if inner in _OF_NO_TOWER:
            return 'others', inner
    return 'heads', key


def _form(named: Mapping[str, Tensor], body: str) -> str:
    if any(key.startswith(f'{body}encode_text.') for key in named):
        return 'TBPS-CLIP'
    return {'': 'open_clip', 'base_model.': 'IRRA'}.get(body, f'{body}visual.*')


def _foreign(weights: Mapping[str, Tensor]) -> str:
    """Say what holds no CLIP tower."""
    for pattern, name in _FOREIGN.items():
        if any(re.match(pattern, key) for key in weights):
            return (
                f'weights of another architecture than an open_clip model, which no tower takes '
                f'({first_few(weights, 2)}): {name}'
            )
    return f'no weights of a tower of CLIP; its first names: {first_few(weights)}'


def _is_plain(text: Mapping[str, Tensor]) -> bool:
    """Tell whether all names of a text tower are those of OpenAI's CLIP."""
    return all(key.startswith(_TEXT_PARTS) for key in text)


def to_open_clip(weights: CLIPWeights) -> dict[str, Tensor]:
    """Name the weights as ``open_clip.CLIP`` does, which ``CustomTextCLIP`` loads as well.

    Where the text tower is of another kind, they are the names of the latter, ``text.*``.
    """
    prefix = '' if 'text_projection' in weights.text and _is_plain(weights.text) else 'text.'
    return {
        **{f'visual.{key}': value for key, value in weights.visual.items()},
        **{f'{prefix}{key}': value for key, value in weights.text.items()},
        **{k: x for k, x in weights.others.items() if k in ('logit_scale', 'logit_bias')},
    }


def to_irra(weights: CLIPWeights) -> dict[str, Tensor]:
    """Name the weights as IRRA does, and the methods whose code is built on it.

    Gives ``base_model.*``, of which IRRA's ``{'model': ...}`` consists; heads are not among them.
    Raises ValueError if a tower is of another kind than an OpenAI ViT's, or missing.
    """
    of_vit = {'class_embedding', 'conv1.weight', 'proj'} <= weights.visual.keys()
    if not of_vit or not weights.text or not _is_plain(weights.text):
        raise ValueError(
            "IRRA's form holds both towers of an OpenAI ViT, such as ViT-B-16; here are "
            f'{first_few(weights.visual, 3)}; {first_few(weights.text, 3)}'
        )
    return {
        **{f'base_model.visual.{key}': value for key, value in weights.visual.items()},
        **{f'base_model.{key}': value for key, value in weights.text.items()},
    }
