"""A small vision transformer behind a convolutional stem, for training from scratch on a CPU."""

import itertools
from typing import Any

from timm.layers import PatchEmbed
from timm.models import (
    VisionTransformer,
    build_model_with_cfg,
    generate_default_cfgs,
    register_model,
)
from torch import Tensor, nn

# Without an entry, timm warns of every model that it builds.
default_cfgs = generate_default_cfgs({'conv_stem_vit_tiny.untrained': {'input_size': (3, 96, 48)}})


class ConvStem(PatchEmbed):
    """Turns an image into patch tokens by strided convolutions, not by one linear layer.

    A linear patch embedding needs far more data than a small data set has; convolutions bring
    locality. Group norms keep a sample independent of its batch, so that a run on several ranks
    equals one on a single rank. The arguments are timm's: ``patch_size`` is a power of two,
    ``embed_dim`` a multiple of 16.
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


class FlatTokenViT(VisionTransformer):
    """timm's vision transformer, whose feature is all tokens side by side, not their mean.

    Where a garment is in the image then stays in the feature, which a mean would lose; the price is
    a fixed input size.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_features = self.embed_dim * self.patch_embed.num_patches

    def pool(self, x: Tensor, pool_type: str | None = None) -> Tensor:
        """Put the tokens (N, num_patches, embed_dim) side by side; ``pool_type`` is not read."""
        return x.flatten(1)

    def set_input_size(
        self, img_size: tuple[int, int] | None = None, patch_size: tuple[int, int] | None = None
    ) -> None:
        """Accept the size that the model was built for, and raise ValueError for any other."""
        built_for = tuple(self.patch_embed.img_size)
        if patch_size is not None or tuple(img_size or built_for) != built_for:
            raise ValueError(
                f'image_size={img_size}: conv_stem_vit_tiny takes images of {built_for} pixels only'
            )


@register_model
def conv_stem_vit_tiny(pretrained: bool = False, **kwargs: Any) -> FlatTokenViT:
    """Build the image tower of ``cpcl-tiny``: 96 x 48 pixels, 3 blocks of width 96."""
    settings: dict[str, Any] = dict(
        img_size=(96, 48),
        patch_size=16,
        embed_dim=96,
        depth=3,
        num_heads=4,
        mlp_ratio=3,
        class_token=False,
        global_pool='avg',
        fc_norm=False,
        embed_layer=ConvStem,
    )
    return build_model_with_cfg(
        FlatTokenViT, 'conv_stem_vit_tiny', pretrained, **{**settings, **kwargs}
    )
