"""A small vision transformer behind a convolutional stem, for training from scratch on a CPU."""

import itertools
from typing import Any

from timm.layers import PatchEmbed
from timm.models import VisionTransformer, build_model_with_cfg, register_model
from torch import nn


class ConvStem(PatchEmbed):
    """Turns an image into patch tokens by strided convolutions, not by one linear layer.

    A linear patch embedding needs far more data than a small data set has; convolutions bring
    locality. Group norms keep a sample independent of its batch, so that a run on several ranks
    equals one on a single rank.

    Args:
        img_size (int | tuple[int, int]): Height and width of the input in pixels.
        patch_size (int): Stride of the stem in pixels, a power of two.
        in_chans (int): Channels of the input.
        embed_dim (int): Channels of the tokens, a multiple of 16.
        **kwargs: Further options of timm's patch embedding.
    """

    def __init__(
        self,
        img_size: int | tuple[int, int],
        patch_size: int,
        in_chans: int,
        embed_dim: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(img_size, patch_size, in_chans, embed_dim, **kwargs)
        shifts = range(patch_size.bit_length() - 1)[::-1]
        widths = [in_chans, *(max(embed_dim >> shift, 16) // 8 * 8 for shift in shifts)]
        blocks = [_conv_block(*pair) for pair in itertools.pairwise(widths)]
        self.proj = nn.Sequential(*blocks)  # type: ignore[assignment]


def _conv_block(before: int, after: int) -> nn.Sequential:
    """Halve the resolution."""
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False),
        nn.GroupNorm(8, after),
        nn.GELU(),
    )


@register_model
def conv_stem_vit_tiny(pretrained: bool = False, **kwargs: Any) -> VisionTransformer:
    """Build the image tower of ``cpcl-tiny``: 96 x 48 pixels, 3 blocks of width 96.

    Args:
        pretrained (bool): Not read: there are no pretrained weights.
        **kwargs: Settings that replace those of the architecture.
    """
    settings: dict[str, Any] = dict(
        img_size=(96, 48),
        patch_size=16,
        embed_dim=96,
        depth=3,
        num_heads=4,
        mlp_ratio=3,
        class_token=False,
        global_pool='avg',
        embed_layer=ConvStem,
    )
    return build_model_with_cfg(
        VisionTransformer, 'conv_stem_vit_tiny', pretrained, **{**settings, **kwargs}
    )
