"""The text tower of a CLIP model."""

from typing import Any

import open_clip
from torch import nn

from cpcl_mm.registry import MODELS

from .clip_tower import CLIPTower

# open_clip builds both towers; the one that is not wanted is built as small as it can be.
_NO_IMAGE = dict(layers=1, width=1, head_width=1, patch_size=1, image_size=1)


@MODELS.register_module()
class CLIPTextTower(CLIPTower):
    """Text tower of any open_clip architecture.

    Args:
        architecture (str | dict): Name of an open_clip architecture, or its model config.
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

    def _build(self, config: dict[str, Any]) -> nn.Module:
        text = config['text_cfg']
        if 'hf_model_name' in text:
            # Weights of the text tower alone would be a download that nobody asked for.
            text['hf_model_pretrained'] = False
        quick_gelu = config.get('quick_gelu', False)
        self.context_length: int = text.get('context_length', 77)
        self.vocab_size: int = text.get('vocab_size', 49408)
        return open_clip.CustomTextCLIP(config['embed_dim'], _NO_IMAGE, text, quick_gelu).text
