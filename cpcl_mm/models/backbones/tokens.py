"""Features of patches and words in the space of the features of images and captions."""

from typing import Any

import torch
from open_clip.transformer import TextTransformer, VisionTransformer
from torch import Tensor, nn

from .conv_stem_vit import FlatTokenViT


def encode_with_tokens(tower: Any, x: Tensor, architecture: str) -> tuple[Tensor, Tensor]:
    """Encode a batch with an open_clip module, and keep its tokens.

    Tokens go through the norm and the projection that the feature goes through:

    - open_clip's transformers: patches (without the class token), or all words of the context;
    - timm's, with a class token or a mean: patches;
    - ``cpcl-tiny``, which projects its tokens side by side: what each patch adds to the feature,
      so that the feature is their sum.

    Args:
        tower (nn.Module): The image or the text module.
        x (Tensor): Images (N, 3, H, W), or token ids (N, L).
        architecture (str): Its name, for an error.

    Returns:
        tuple[Tensor, Tensor]: Features (N, D) and tokens (N, P, D), neither normalized.

    Raises:
        ValueError: If the architecture has no such tokens.
    """
    if not has_tokens(tower):
        raise ValueError(
            f'the tower {architecture!r} has no tokens in the space of its features: it pools them '
            'by an attention of its own, or is no transformer. Known are cpcl-tiny and '
            'transformers with a class token or a mean, such as ViT-B-16'
        )
    if isinstance(tower, VisionTransformer):
        pooled, tokens = _with_output_tokens(tower, x)
        return pooled, _project(tokens, tower.proj)
    if isinstance(tower, TextTransformer):
        pooled, tokens = _with_output_tokens(tower, x)
        return pooled, _project(tokens, tower.text_projection)
    if isinstance(tower.trunk, FlatTokenViT):
        return _with_summands(tower, x)
    trunk = tower.trunk
    tokens = trunk.forward_features(x)
    patches = trunk.head(trunk.fc_norm(tokens[:, trunk.num_prefix_tokens :]))
    return tower.head(trunk.forward_head(tokens)), tower.head(patches)


def has_tokens(tower: Any) -> bool:
    """Say whether a module of open_clip has tokens that its projection applies to.

    Args:
        tower (nn.Module): The image or the text module.

    Returns:
        bool: Whether :func:`encode_with_tokens` takes it.
    """
    if isinstance(tower, VisionTransformer):
        return tower.attn_pool is None
    if isinstance(tower, TextTransformer):
        return tower.cls_emb is None
    trunk: Any = getattr(tower, 'trunk', None)
    pools_plainly = getattr(trunk, 'global_pool', None) in ('token', 'avg')
    return isinstance(trunk, FlatTokenViT) or (pools_plainly and hasattr(trunk, 'fc_norm'))


def _with_output_tokens(tower: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """Have open_clip return its tokens for this call."""
    before, tower.output_tokens = tower.output_tokens, True
    try:
        return tower(x)
    finally:
        tower.output_tokens = before


def _project(tokens: Tensor, projection: nn.Module | Tensor | None) -> Tensor:
    if projection is None:
        return tokens
    return projection(tokens) if isinstance(projection, nn.Module) else tokens @ projection


def _with_summands(tower: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """Split the projection of all tokens side by side, which is a sum over the tokens."""
    tokens = tower.trunk.forward_features(x)
    weight = tower.head.get_submodule('proj').weight
    by_patch = weight.view(len(weight), *tokens.shape[1:])
    feature = tower.head(tower.trunk.forward_head(tokens))
    return feature, torch.einsum('dpc,npc->npd', by_patch, tokens)
