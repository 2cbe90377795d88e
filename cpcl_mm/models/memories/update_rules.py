"""How the features of a batch move the prototypes of their clusters.

A rule writes into ``prototypes`` (K + 1, D), whose last row is for outliers. It is given
L2-normalized ``features`` (B, D) in fp32; ``rows`` int64 (B,), the prototype of each, K for
outliers; ``weights`` (B,) or None, the shares of the features of a cluster; and ``blend``, from old
prototypes and targets (..., D) to new ones.
"""

from collections.abc import Callable

from torch import Tensor

Blend = Callable[[Tensor, Tensor], Tensor]
UpdateRule = Callable[[Tensor, Tensor, Tensor, Tensor | None, Blend], None]


def update_by_mean(
    prototypes: Tensor, features: Tensor, rows: Tensor, weights: Tensor | None, blend: Blend
) -> None:
    """Move a prototype to the weighted mean of its features: their order does not matter."""
    shares = (rows[:, None] == rows).float()
    if weights is not None:
        # Outliers, and only they, may weigh nothing together.
        shares = shares * weights.clamp(min=1e-12)
    target = shares @ features / shares.sum(1, keepdim=True)
    # Features of one cluster have the same target, so it does not matter who writes last.
    prototypes[rows] = blend(prototypes[rows], target)


def update_by_each(
    prototypes: Tensor, features: Tensor, rows: Tensor, weights: Tensor | None, blend: Blend
) -> None:
    """Move a prototype to one feature after the other; weights are not read."""
    for feature, row in zip(features, rows.tolist(), strict=True):
        prototypes[row] = blend(prototypes[row], feature)


def update_by_hardest(
    prototypes: Tensor, features: Tensor, rows: Tensor, weights: Tensor | None, blend: Blend
) -> None:
    """Move a prototype to the feature that is least similar to it; weights are not read."""
    old, same = prototypes[rows], rows[:, None] == rows
    similarity = (features * old).sum(1).expand(same.shape)
    target = features[similarity.masked_fill(~same, float('inf')).argmin(1)]
    prototypes[rows] = blend(old, target)


UPDATE_RULES: dict[str, UpdateRule] = {
    'mean': update_by_mean,
    'each': update_by_each,
    'hardest': update_by_hardest,
}
"""Rules by the name that a config gives them."""
