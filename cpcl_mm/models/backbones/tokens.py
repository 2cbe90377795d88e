"""Features of patches and words in the space of the features of images and captions."""

from typing import Any

import torch
import torch.nn.functional as F
from open_clip.transformer import TextTransformer, VisionTransformer
from torch import Tensor, nn

from .conv_stem_vit import FlatTokenViT


def encode_with_tokens(tower: Any, x: Tensor, architecture: str) -> tuple[Tensor, Tensor]:
    """Encode a batch with an open_clip module; give features (N, D) and tokens (N, P, D).

    Neither is normalized. Tokens go through the norm and the projection that the feature goes
    through:

    - open_clip's transformers: patches (without the class token), or all words of the context;
    - timm's, with a class token or a mean: patches;
    - ``cpcl-tiny``, which projects its tokens side by side: what each patch adds to the feature,
      so that the feature is their sum.

    Raises:
        ValueError: If the architecture, which is named, has no such tokens.
    """
    if not has_tokens(tower):
        raise ValueError(
            f'the tower {architecture!r} has no tokens in the space of its features: it pools them '
            'by an attention of its own, or is no transformer. Known are cpcl-tiny and '
            'transformers with a class token or a mean, such as ViT-B-16'
        )
    if isinstance(tower, VisionTransformer | TextTransformer):
        pooled, tokens = _with_output_tokens(tower, x)
        of_image = isinstance(tower, VisionTransformer)
        return pooled, _project(tokens, tower.proj if of_image else tower.text_projection)
    if isinstance(tower.trunk, FlatTokenViT):
        return _with_summands(tower, x)
    trunk = tower.trunk
    tokens = trunk.forward_features(x)
    patches = trunk.head(trunk.fc_norm(tokens[:, trunk.num_prefix_tokens :]))
    return tower.head(trunk.forward_head(tokens)), tower.head(patches)


def encode_with_attention(
    tower: Any, x: Tensor, architecture: str
) -> tuple[Tensor, Tensor, Tensor]:
    """Encode a batch, and say how much its feature attends to each token.

    Of open_clip's transformers it is the attention of the last block, the mean of its heads: of the
    class token to patches, of the end of a caption to its words. Other towers have no token that
    attends to all others: there it is the product of a token and the feature.

    Gives features and tokens as :func:`encode_with_tokens`, which also says what is refused, and
    attention (N, P), without gradient, -inf at tokens that are no words. Of captions the start is
    left out, so that P is L - 1.
    """
    if isinstance(tower, VisionTransformer) and _has_plain_attention(tower):
        out = tower.forward_intermediates(x, indices=2, output_fmt='NLC', output_extra_tokens=True)
        (before, after), (start, _) = out['image_intermediates'], out['image_intermediates_prefix']
        scores = _attention(tower, torch.cat([start, before], 1), torch.zeros_like(x[:, 0, 0, 0]))
        tokens = _project(tower.ln_post(after), tower.proj)
        return out['image_features'], tokens, scores.softmax(-1).mean(1)[:, 1:]
    if not isinstance(tower, TextTransformer):
        pooled, tokens = encode_with_tokens(tower, x, architecture)
        return pooled, tokens, (tokens * pooled[:, None]).sum(-1).detach()
    out = tower.forward_intermediates(x, indices=2, output_fmt='NLC')
    before, after = out['text_intermediates']
    tokens = _project(tower.ln_final(after), tower.text_projection)
    end, place = x.argmax(-1), torch.arange(x.shape[1], device=x.device)
    scores = _attention(tower, before, end)
    attention = scores.masked_fill(place > end[:, None, None], -torch.inf).softmax(-1).mean(1)
    attention = attention.masked_fill(place >= end[:, None], -torch.inf)
    return out['text_features'], tokens[:, 1:], attention[:, 1:]


def check_attention(tower: Any, architecture: str) -> None:
    """Refuse a module that :func:`encode_with_attention` cannot read."""
    fits = has_tokens(tower)
    if isinstance(tower, TextTransformer):
        fits = fits and tower.pool_type == 'argmax' and _has_plain_attention(tower)
    if not fits:
        raise ValueError(
            f'the tower {architecture!r} cannot say what its feature attends to: it needs tokens, '
            "and as a text tower at least two layers and CLIP's end of text. Use cpcl-tiny or one "
            "of CLIP's, such as ViT-B-16, or leave token_attention out"
        )


@torch.no_grad()
def patch_scores(tower: Any, image: Tensor, texts: Tensor) -> Tensor:
    """Score every patch of a normalized image (1, 3, H, W) by sentences (Q, D) of unit length.

    - ``cpcl-tiny``: the cosine of image and sentence is a sum over the patches, and the score of a
      patch is its summand: exact, as class activation maps are for a linear classifier over
      positions (Zhou et al., CVPR 2016, arXiv:1512.04150).
    - Transformers with a class token or a mean: the cosine of the projected patch token and the
      sentence, the plain similarity map of "CLIP Surgery" (Li et al., arXiv:2304.05653), which also
      shows its weakness. Training has put only the feature near the sentence, not these tokens, so
      a patch of background may score high.

    Tokens have attended to each other before: a score says what the tower keeps at a place, which
    need not be about the pixels of that place. The tower is in eval mode; scores are fp32 (Q, rows,
    columns).
    """
    (feature,), tokens = tower.forward_tokens(image)
    trunk = getattr(tower.tower, 'trunk', None)
    if isinstance(trunk, FlatTokenViT):
        scored = tokens[0].float() / feature.float().norm()
    else:
        scored = F.normalize(tokens[0].float(), dim=-1)
    grid = tower.tower.grid_size if trunk is None else trunk.patch_embed.grid_size
    return (texts @ scored.T).reshape(len(texts), *grid)


def has_tokens(tower: Any) -> bool:
    """Say whether an open_clip module has tokens that its projection applies to."""
    if isinstance(tower, VisionTransformer):
        return tower.attn_pool is None
    if isinstance(tower, TextTransformer):
        return tower.cls_emb is None
    trunk: Any = getattr(tower, 'trunk', None)
    pools_plainly = getattr(trunk, 'global_pool', None) in ('token', 'avg')
    return isinstance(trunk, FlatTokenViT) or (pools_plainly and hasattr(trunk, 'fc_norm'))


def _has_plain_attention(tower: Any) -> bool:
    """Say whether the last of several blocks has attention that :func:`_attention` can read."""
    blocks = tower.transformer.resblocks
    plain = isinstance(getattr(blocks[-1], 'attn', None), nn.MultiheadAttention)
    return plain and len(blocks) > 1 and tower.pool_type in ('tok', 'argmax')


@torch.no_grad()
def _attention(tower: Any, x: Tensor, query: Tensor) -> Tensor:
    """Scores (N, heads, P) of all tokens for one of them, before the softmax of the last block.

    ``x`` (N, P, C) is what that block gets, ``query`` (N,) the number of the token that attends.
    """
    block = tower.transformer.resblocks[-1]
    attention = block.attn
    both = F.linear(block.ln_1(x), attention.in_proj_weight, attention.in_proj_bias)
    queries, keys, _ = both.unflatten(-1, (3, attention.num_heads, -1)).unbind(2)
    place = query.long()[:, None, None, None].expand(-1, -1, *queries.shape[2:])
    one = queries.gather(1, place).squeeze(1)
    return torch.einsum('nhd,nphd->nhp', one, keys) * keys.shape[-1] ** -0.5


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
