"""Gathering batches over the ranks of data-parallel training."""

import torch
import torch.distributed.nn.functional as dist_nn
from mmengine.dist import all_gather, get_world_size
from torch import Tensor


def gather_with_grad(x: Tensor) -> Tensor:
    """Concatenate a tensor of every rank, letting the gradient flow back to each rank.

    When every rank computes the same loss from the result, the gradients that data-parallel
    training averages equal those of one process with the whole batch.

    Args:
        x (Tensor): Shape (B, ...), of the same shape on all ranks.

    Returns:
        Tensor: Shape (W * B, ...) in the order of ranks; ``x`` itself with one process.
    """
    if get_world_size() == 1:
        return x
    return torch.cat(dist_nn.all_gather(x.contiguous()))


def gather(x: Tensor) -> Tensor:
    """Concatenate a tensor of every rank, without gradient.

    Args:
        x (Tensor): Shape (B, ...), of the same shape on all ranks.

    Returns:
        Tensor: Shape (W * B, ...) in the order of ranks; ``x`` itself with one process.
    """
    if get_world_size() == 1:
        return x
    return torch.cat(all_gather(x.contiguous()))
