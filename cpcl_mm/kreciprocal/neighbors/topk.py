"""The backend of GPUs, and of CPUs without compiled loops: products and ``topk`` in PyTorch."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..progress import progress
from .products import Products
from .proposals import Proposals, choose_close, num_slots

_BLOCK_BYTES = {'cpu': 1 << 25, 'cuda': 1 << 29}


def propose(features: Tensor, rows: Tensor, keep: int, precision: str) -> Iterator[Proposals]:
    """Rank all similarities of some rows at a time.

    Memory beyond the features: a block of 512 MiB on a GPU, elsewhere of 32 MiB, and about as much
    again for ``topk``.

    Args:
        features: (N, D) float32, rows of unit length, on the device to compute on.
        rows: (n,) int64, the rows to find candidates for, on the same device.
        keep: Neighbors wanted beside a row itself.
        precision: One of ``PRECISIONS``.

    Yields:
        Proposals of some rows each.
    """
    total = len(features)
    products = Products(features, precision)
    slots = num_slots(keep, total, precision)
    height = max(1, _BLOCK_BYTES[features.device.type] // (4 * total))
    buffer = torch.empty((min(height, len(rows)), total), device=features.device)
    with products.precise():
        for start in progress(range(0, len(rows), height), 'nearest neighbors'):
            chosen = rows[start : start + height]
            block = buffer[: len(chosen)]
            products.multiply(products.operand[chosen], products.operand, block)
            values, index = block.topk(slots)
            yield choose_close(chosen, values, index, keep, products.error, total)
