"""The backend of GPUs, and of CPUs without compiled loops: products and ``topk`` in PyTorch."""

from collections.abc import Iterator

import numpy as np
import torch

from ..progress import progress
from .products import Products
from .proposals import Proposals, choose_close, num_slots

_BLOCK_BYTES = {'cpu': 1 << 25, 'cuda': 1 << 29}


def propose(
    features: np.ndarray, rows: np.ndarray, keep: int, precision: str, device: torch.device
) -> Iterator[Proposals]:
    """Rank all similarities of some rows at a time.

    Memory beyond the features: on a GPU the features and a block of 512 MiB, elsewhere one of
    32 MiB, and about as much again for ``topk``.

    Args:
        features: (N, D) float32, rows of unit length.
        rows: (n,) int64, the rows to find candidates for.
        keep: Neighbours wanted beside a row itself.
        precision: One of ``PRECISIONS``.
        device: Where to compute.

    Yields:
        Proposals of some rows each.
    """
    total = len(features)
    products = Products(torch.from_numpy(features).to(device), precision)
    slots = num_slots(keep, total, precision)
    height = max(1, _BLOCK_BYTES[device.type] // (4 * total))
    buffer = torch.empty((min(height, len(rows)), total), device=device)
    with products.precise():
        for start in progress(range(0, len(rows), height), 'nearest neighbours'):
            chosen = rows[start : start + height]
            block = buffer[: len(chosen)]
            queries = products.operand[torch.from_numpy(chosen).to(device)]
            products.multiply(queries, products.operand, block)
            values, index = block.topk(slots)
            yield choose_close(
                chosen, values.cpu().numpy(), index.cpu().numpy(), keep, products.error, total
            )
