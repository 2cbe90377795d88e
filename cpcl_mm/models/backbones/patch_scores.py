"""How near the patches of an image are to a sentence."""

from typing import Any

import torch
import torch.nn.functional as F
from open_clip.timm_model import TimmModel
from open_clip.transformer import VisionTransformer
from torch import Tensor

from .clip_image_tower import CLIPImageTower
from .conv_stem_vit import FlatTokenViT


@torch.no_grad()
def patch_scores(tower: CLIPImageTower, image: Tensor, texts: Tensor) -> Tensor:
    """Score every patch of an image by every sentence.

    Two definitions, by what a tower does with its patch tokens:

    - ``cpcl-tiny`` puts its tokens side by side and projects them linearly. The cosine of image and
      sentence is then a sum over the patches, and the score of a patch is its summand: exact, as
      class activation maps are for a linear classifier over positions (Zhou et al., CVPR 2016,
      arXiv:1512.04150).
    - Vision transformers that read their feature from a class token, or from the mean of the
      tokens, have no such sum. Their patch tokens go through the norm and the projection of the
      feature, and the score is the cosine with the sentence: the plain similarity map of "CLIP
      Surgery" (Li et al., arXiv:2304.05653), which also shows its weakness. Training has put only
      the feature near the sentence, not these tokens, so a patch of background may score high.

    Either way tokens have attended to each other before: a score says what the tower keeps at a
    place, which need not be about the pixels of that place.

    Args:
        tower (CLIPImageTower): In eval mode.
        image (Tensor): One normalised image (1, 3, H, W).
        texts (Tensor): L2-normalised features of sentences (Q, D).

    Returns:
        Tensor: Scores (Q, rows, columns), fp32.

    Raises:
        ValueError: If the tower has no patch tokens that its projection applies to.
    """
    inner: Any = tower.tower
    if isinstance(inner, TimmModel) and isinstance(inner.trunk, FlatTokenViT):
        summands = _summands(inner, image)
        return _as_maps(texts @ summands.T, inner.trunk.patch_embed.grid_size)
    tokens, grid = _projected_tokens(tower, image)
    return _as_maps(texts @ F.normalize(tokens.float(), dim=-1).T, grid)


def _summands(tower: TimmModel, image: Tensor) -> Tensor:
    """What each of P patches adds to the L2-normalised feature, (P, D)."""
    (tokens,) = tower.trunk.forward_features(image)
    (feature,) = tower(image)
    weight: Any = tower.head.get_submodule('proj').weight
    by_patch = weight.view(len(weight), *tokens.shape)
    return torch.einsum('dpc,pc->pd', by_patch, tokens).float() / feature.float().norm()


def _projected_tokens(tower: CLIPImageTower, image: Tensor) -> tuple[Tensor, tuple[int, int]]:
    """Patch tokens in the space of the feature (P, D), and their rows and columns."""
    inner: Any = tower.tower
    if isinstance(inner, VisionTransformer) and inner.attn_pool is None:
        (tokens,) = inner.forward_intermediates(
            image, 1, normalize_intermediates=True, intermediates_only=True, output_fmt='NLC'
        )['image_intermediates']
        return tokens[0] @ inner.proj, inner.grid_size
    trunk: Any = getattr(inner, 'trunk', None)
    if getattr(trunk, 'global_pool', None) in ('token', 'avg') and hasattr(trunk, 'fc_norm'):
        (tokens,) = trunk.forward_features(image)[:, trunk.num_prefix_tokens :]
        return inner.head(trunk.head(trunk.fc_norm(tokens))), trunk.patch_embed.grid_size
    raise ValueError(
        f'the image tower {tower.architecture!r} has no patch tokens in the space of sentences: it '
        'pools them by an attention of its own, or is no vision transformer. Known are cpcl-tiny '
        'and transformers with a class token or a mean, such as ViT-B-16'
    )


def _as_maps(scores: Tensor, grid: tuple[int, int]) -> Tensor:
    """From (Q, P) to (Q, rows, columns)."""
    return scores.reshape(len(scores), *grid)
