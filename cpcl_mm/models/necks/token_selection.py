"""A second embedding, of the tokens that the first one attends to most."""

import math

import torch
import torch.nn.functional as F
from mmengine.dist import get_rank
from torch import Tensor, nn

from cpcl_mm.registry import MODELS

from ..gather import gather_with_grad


@MODELS.register_module()
class TokenSelection(nn.Module):
    r"""Token selection embedding of RDE (CVPR 2024, arXiv 2308.09911), beside the global one.

    The share ``ratio`` of the tokens with the highest attention of the feature, at unit length, go
    through a linear layer and a perceptron of two layers with batch norm, whose sum is pooled by
    the maximum over the tokens:

    .. math::
        e = \max_{k \in \mathrm{top}} \big( W x_k + \mathrm{MLP}(x_k) \big)

    The feature is the global embedding :math:`g` and :math:`e`, both of unit length, side by side
    and divided by :math:`\sqrt 2`: the product of two features is the mean of the two similarities,
    RDE's score, and whatever ranks, indexes or exports features needs to know nothing of it.
    Its losses read the halves by ``InstanceLoss(columns=...)``.

    For a tower with ``token_attention=True``. In a distributed run the batch norm has the
    statistics of all ranks.

    Args:
        in_channels (int): Size of a token and of the global embedding. Defaults to 512.
        out_channels (int): Size of the second embedding. Defaults to 1024, RDE's.
        ratio (float): Share of the tokens. Defaults to 0.3, RDE's.

    Raises:
        ValueError: If ``ratio`` is out of its range.
    """

    def __init__(
        self, in_channels: int = 512, out_channels: int = 1024, ratio: float = 0.3
    ) -> None:
        super().__init__()
        if not 0 < ratio <= 1:
            raise ValueError(f'ratio must lie in (0, 1], not {ratio}')
        self.ratio = ratio
        hidden = out_channels // 2
        self.linear = nn.Linear(in_channels, out_channels)
        self.first, self.second = nn.Linear(in_channels, hidden), nn.Linear(hidden, out_channels)
        self.norm = nn.BatchNorm1d(hidden)

    def forward(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor]:
        """Join the two embeddings to features (N, C + out_channels) of unit length.

        Args:
            inputs (tuple[Tensor]): Tokens (N, P, C), attention (N, P), -inf where there is no
                token, and global embeddings (N, C).

        Raises:
            ValueError: If the tower gives the global embedding alone.
        """
        if len(inputs) != 3:
            raise ValueError(
                'TokenSelection needs the tokens of its tower and their attention: set '
                'token_attention=True on it'
            )
        tokens, attention, pooled = inputs
        both = (pooled.float(), self._embed(tokens, attention))
        return (torch.cat([F.normalize(x, dim=-1) for x in both], 1) / math.sqrt(2),)

    def _embed(self, tokens: Tensor, attention: Tensor) -> Tensor:
        """Embed the selected tokens: (N, out_channels)."""
        top = attention.topk(max(1, int(attention.shape[1] * self.ratio)), dim=1)
        chosen = tokens.gather(1, top.indices[..., None].expand(-1, -1, tokens.shape[2]))
        chosen = F.normalize(chosen.float(), dim=-1)
        hidden = F.relu(self._norm(self.first(chosen)))
        embedded = (self.linear(chosen) + self.second(hidden)).float()
        missing = top.values.isneginf()
        # Of no token at all, one stays.
        missing = missing & (torch.arange(missing.shape[1], device=missing.device) > 0)
        return embedded.masked_fill(missing[..., None], -torch.inf).amax(1)

    def _norm(self, x: Tensor) -> Tensor:
        """Normalize (N, K, C) by the statistics of the tokens of all ranks."""
        if not self.training:
            return self.norm(x.flatten(0, 1)).view(x.shape)
        everything = gather_with_grad(x.contiguous())
        normed = self.norm(everything.flatten(0, 1)).view(everything.shape)
        start = get_rank() * len(x) if len(everything) > len(x) else 0
        return normed[start : start + len(x)]
