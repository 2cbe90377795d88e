"""The text tower of a CLIP model, and the positions of long captions."""

from typing import Any

import open_clip
import torch
from mmengine.logging import print_log
from torch import Tensor, nn

from cpcl_mm.registry import MODELS

from .clip_tower import CLIPTower

# open_clip builds both towers; the one that is not wanted is built as small as it can be.
_NO_IMAGE = dict(layers=1, width=1, head_width=1, patch_size=1, image_size=1)


@MODELS.register_module()
class CLIPTextTower(CLIPTower):
    """Text tower of any open_clip architecture.

    Args:
        architecture (str | dict): Name of an open_clip architecture, or its model config.
        context_length (int, optional): Tokens a caption. Positions of pretrained weights are
            brought to it by :func:`stretch_positions`; a file that has as many already, such as
            Long-CLIP's with 248, is taken as it is. Defaults to None: the architecture's own.
        kept_positions (int): The first positions, which are not stretched; Long-CLIP keeps 20.
            Defaults to 0.
        **kwargs: ``pretrained``, ``frozen_stages``, ``lora``, ``with_cp``, ``token_attention`` and
            ``init_cfg`` of :class:`CLIPTower`.

    Examples:
        >>> import torch
        >>> from cpcl_mm.models import CLIPTextTower
        >>> tower = CLIPTextTower('RN50')
        >>> tower(torch.ones(2, 77, dtype=torch.long))[0].shape
        torch.Size([2, 1024])
    """

    kind = 'text'

    def __init__(
        self,
        architecture: str | dict[str, Any],
        context_length: int | None = None,
        kept_positions: int = 0,
        **kwargs: Any,
    ) -> None:
        self.wanted_length, self.kept_positions = context_length, kept_positions
        super().__init__(architecture, **kwargs)

    def _build(self, config: dict[str, Any]) -> nn.Module:
        text = config['text_cfg']
        if self.wanted_length is not None:
            text['context_length'] = self.wanted_length
        if 'hf_model_name' in text:
            _refuse_length(self.wanted_length, text['hf_model_name'])
            # Weights of the text tower alone would be a download that nobody asked for.
            text['hf_model_pretrained'] = False
        quick_gelu = config.get('quick_gelu', False)
        self.context_length: int = text.get('context_length', 77)
        self.vocab_size: int = text.get('vocab_size', 49408)
        return open_clip.CustomTextCLIP(config['embed_dim'], _NO_IMAGE, text, quick_gelu).text

    def _adapt(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        key = 'positional_embedding'
        if key not in weights:
            return weights
        source, target = len(weights[key]), len(self.tower.state_dict()[key])
        if source != target:
            how = (
                f'the first {target} are taken, all by context_length={source} of the text tower'
                if source > target
                else f'stretched to {target}, the first {self.kept_positions} as they are'
            )
            print_log(
                f'{self.pretrained} has {source} positions of words: {how}.', logger='current'
            )
        return {**weights, key: stretch_positions(weights[key], target, self.kept_positions)}


def stretch_positions(embedding: Tensor, length: int, kept: int = 0) -> Tensor:
    """Bring the positions of words (source, C) to another number.

    Longer: position i >= kept lies at kept + (i - kept) * (source - kept) / (length - kept) of the
    source, between two of its positions; behind the last one the line through the last two goes on.
    With 77 positions, ``length=248`` and ``kept=20`` it is what Long-CLIP does (arXiv 2403.15378).
    Shorter: the first positions, as they are.

    Raises ValueError if positions are to be kept that are not there, or fewer than two are left to
    be stretched.
    """
    source = len(embedding)
    if length <= source:
        return embedding[:length]
    if not 0 <= kept <= source - 2:
        raise ValueError(
            f'kept_positions={kept}: of {source} positions, 0 to {source - 2} can be kept where '
            f'the others are stretched to {length}'
        )
    steps = torch.arange(length - kept, dtype=torch.float64)
    where = kept + steps * (source - kept) / (length - kept)
    below = where.floor().clamp(max=source - 2).long()
    share = (where - below)[:, None]
    rows = embedding.double()
    stretched = rows[below] * (1 - share) + rows[below + 1] * share
    return torch.cat([embedding[:kept], stretched.to(embedding.dtype)])


def _refuse_length(context_length: int | None, name: str) -> None:
    if context_length is not None:
        raise ValueError(
            f'context_length={context_length}: the text tower is {name}, a model of the Hugging '
            'Face hub, which takes captions of any length up to its own; set context_length of the '
            'tokenizer alone'
        )
