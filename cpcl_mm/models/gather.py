"""Gathering batches over the ranks of data-parallel training."""

from typing import Any

import torch
from mmengine.dist import all_gather, all_reduce, get_rank, get_world_size
from torch import Tensor


def gather_with_grad(x: Tensor) -> Tensor:
    """Concatenate a tensor (B, ...) of every rank, letting the gradient flow back to each rank.

    When every rank computes the same loss from the result, the gradients that data-parallel
    training averages equal those of one process with the whole batch.
    """
    return x if get_world_size() == 1 else _Gather.apply(x)


def gather(x: Tensor) -> Tensor:
    """Concatenate a tensor of every rank, as :func:`gather_with_grad`, but without gradient."""
    if get_world_size() == 1:
        return x
    return torch.cat(all_gather(x.contiguous()))


class _Gather(torch.autograd.Function):
    """Gather forward; backward, each rank gets the sum of all ranks' gradients for its part.

    torch's ``distributed.nn.functional.all_gather`` is deprecated and warns on each rank.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.size = len(x)
        return gather(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        # A copy: what is reduced is written in place.
        total = gradient.clone(memory_format=torch.contiguous_format)
        all_reduce(total)
        start = get_rank() * ctx.size
        return total[start : start + ctx.size]
