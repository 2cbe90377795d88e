"""How near the patches of an image are to a sentence."""

from typing import Any

import torch
import torch.nn.functional as F
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
        image (Tensor): One normalized image (1, 3, H, W).
        texts (Tensor): L2-normalized features of sentences (Q, D).

    Returns:
        Tensor: Scores (Q, rows, columns), fp32.

    Raises:
        ValueError: If the tower has no patch tokens that its projection applies to.
    """
    (feature,), tokens = tower.forward_tokens(image)
    if isinstance(getattr(tower.tower, 'trunk', None), FlatTokenViT):
        scored = tokens[0].float() / feature.float().norm()
    else:
        scored = F.normalize(tokens[0].float(), dim=-1)
    return _as_maps(texts @ scored.T, _grid(tower.tower))


def _grid(tower: Any) -> tuple[int, int]:
    """Rows and columns of the patches of open_clip's or of timm's transformer."""
    return tower.trunk.patch_embed.grid_size if hasattr(tower, 'trunk') else tower.grid_size


def _as_maps(scores: Tensor, grid: tuple[int, int]) -> Tensor:
    """From (Q, P) to (Q, rows, columns)."""
    return scores.reshape(len(scores), *grid)
