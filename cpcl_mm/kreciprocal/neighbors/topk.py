"""The backend of GPUs, and of CPUs without compiled loops: products and ``topk`` in PyTorch."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..chunks import progress
from .candidates import CROWDED, Candidates, num_slots, precise_products, product_error

_BLOCK_BYTES = {'cpu': 1 << 25, 'cuda': 1 << 29}


def propose(features: Tensor, rows: Tensor, keep: int) -> Iterator[Candidates]:
    """Give the candidates of ``rows`` (n,), of which the ``keep`` best are wanted, in parts.

    Memory beyond the features: a block of 512 MiB on a GPU, elsewhere of 32 MiB, and about as much
    again for ``topk``.
    """
    total, dim = features.shape
    slots = num_slots(keep, total)
    height = max(1, _BLOCK_BYTES[features.device.type] // (4 * total))
    buffer = torch.empty((min(height, len(rows)), total), device=features.device)
    for start in progress(range(0, len(rows), height), 'nearest neighbors'):
        chosen = rows[start : start + height]
        block = buffer[: len(chosen)]
        with precise_products():
            torch.mm(features[chosen], features.T, out=block)
        values, index = block.topk(slots)
        used = count_close(values, keep, product_error(dim), total)
        yield Candidates(chosen, index, used)


def count_close(values: Tensor, keep: int, error: float, total: int) -> Tensor:
    """Count what may be among the ``keep`` best of each row, (n,) int32; ``CROWDED`` if too many.

    ``values`` (n, C) are the best of N = ``total`` similarities, descending, with the row itself
    among them. Two may change places if they are within twice the error.
    """
    limit = values[:, keep : keep + 1].double() - 2 * error
    used = (values >= limit).sum(dim=1, dtype=torch.int32)
    if values.shape[1] < total:
        used[used == values.shape[1]] = CROWDED
    return used
