"""Parameters and floating-point operations of a model."""

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def count_parameters(model: nn.Module) -> dict[str, int]:
    """Count parameters.

    Args:
        model (nn.Module): Any model.

    Returns:
        dict[str, int]: By the names of its parts that have any, then ``all`` and ``trainable``.
    """
    parts = {name: _count(part) for name, part in model.named_children()}
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return {
        **{name: number for name, number in parts.items() if number},
        'all': _count(model),
        'trainable': trainable,
    }


def count_flops(model: nn.Module, inputs: dict[str, Tensor]) -> int:
    """Count the floating-point operations of encoding.

    Products of matrices and convolutions count, a multiplication and an addition as two; norms,
    activations and sums do not. Papers often count a pair as one, and call it FLOPs, too.

    Args:
        model (nn.Module): A retriever, called with ``mode='tensor'``.
        inputs (dict[str, Tensor]): What it encodes.

    Returns:
        int: Operations for all inputs together.
    """
    was_training = model.training
    model.eval()
    # The counter knows no fused attention: neither that of scaled_dot_product_attention nor the
    # fast path that PyTorch takes where no gradient is wanted.
    counter = FlopCounterMode(display=False)
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        model(inputs, mode='tensor')
    model.train(was_training)
    return counter.get_total_flops()


def _count(part: nn.Module) -> int:
    return sum(p.numel() for p in part.parameters())
