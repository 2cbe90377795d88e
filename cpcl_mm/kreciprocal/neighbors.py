"""Nearest neighbors of unit vectors without the N x N similarity matrix, exactly.

Two steps. First a backend proposes candidates from a float32 product: whatever comes within the
rounding error of a row's K-th best value. Then the candidates are ordered by their similarity in
fixed point (see :mod:`.fixed_point`), which depends on the two vectors alone. So every backend and
every number of ranks gives the same neighbors.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
import torch
from mmengine.dist import is_main_process
from mmengine.logging import print_log
from torch import Tensor

from cpcl_mm.utils.compiled import COMPILED
from cpcl_mm.utils.sharing import gather_shares, share_of_rank, together

from . import tiles
from .candidates import CROWDED, Candidates, num_slots, precise_products, product_error, rank_all
from .chunks import progress

BACKENDS = ('auto', 'cpu', 'torch')
_BLOCK_BYTES = {'cpu': 1 << 25, 'cuda': 1 << 29}


def nearest_neighbors(
    features: np.ndarray | Tensor,
    k: int,
    num_threads: int = 1,
    backend: str = 'auto',
    shared: bool = False,
) -> Tensor:
    """Find the k nearest rows of every row by inner product, exactly.

    A point is its own first neighbor, also when it has exact duplicates. The others follow by
    similarity (rounded to 2**-30), the larger first, and by index, the smaller first, where
    similarities are equal. The backend does not change the result.

    Memory beyond the features and the result: the candidates of the rows that a rank searches, with
    the tiles ``16 k + 512`` bytes a row, and one tile of 2.3 MiB a thread.

    Args:
        features (np.ndarray | Tensor): (N, D) float32, C-contiguous, rows of unit length.
        k (int): Neighbors per row, the row itself included; no more than N are given.
        num_threads (int): Threads to work on. Defaults to 1.
        backend (str): ``'cpu'`` (tiles that use the symmetry), ``'torch'`` (on the GPU, if there is
            one) or ``'auto'``, the default: torch where there is a GPU, else cpu.
        shared (bool): In a distributed run, share the rows out over the ranks. Every rank must call
            with the same features and gets the whole result. Defaults to False.

    Returns:
        Tensor: (N, min(k, N)) int32, on the device of the backend; on the CPU if ``shared``.

    Raises:
        RuntimeError: If ``shared`` and the search failed on another rank.
    """
    backend = resolve_backend(backend)
    unit = torch.as_tensor(features).to(search_device(backend))
    if not shared:
        return _search(unit, range(len(unit)), k, num_threads, backend)
    share = share_of_rank(len(unit))
    local = together(lambda: _search(unit, share, k, num_threads, backend))
    return gather_shares(local, len(unit))


def resolve_backend(backend: str) -> str:
    """Replace ``'auto'`` by the backend that it stands for here."""
    return _automatic_backend() if backend == 'auto' else backend


def search_device(backend: str) -> torch.device:
    """Give the device on which a backend wants the features."""
    on_gpu = backend == 'torch' and torch.cuda.is_available()
    return torch.device('cuda', torch.cuda.current_device()) if on_gpu else torch.device('cpu')


@cache
def _automatic_backend() -> str:
    """Choose what is fastest here, and say so once."""
    backend, reason = 'cpu', 'no GPU found'
    if torch.cuda.is_available():
        backend, reason = 'torch', f'on {torch.cuda.get_device_name()}'
    if is_main_process():
        print_log(f'nearest neighbors: backend {backend!r} ({reason})', logger='current')
    return backend


def _search(features: Tensor, rows: range, k: int, num_threads: int, backend: str) -> Tensor:
    """Find the neighbors of some rows, (len(rows), min(k, N)); without rows, (0, 1)."""
    keep = min(k, len(features)) - 1
    chosen = torch.arange(rows.start, rows.stop, device=features.device)
    if keep < 1 or len(rows) == 0:
        return chosen[:, None].int()[:, : keep + 1]
    if backend == 'cpu' and COMPILED:
        parts = tiles.propose(features, rows, keep, num_threads)
    else:
        parts = _propose_in_torch(features, chosen, keep)
    return rank_all(features, chosen, keep, parts, num_threads)


def _propose_in_torch(features: Tensor, rows: Tensor, keep: int) -> Iterator[Candidates]:
    """Give candidates by products and ``topk``: on a GPU, and where nothing compiles.

    Memory beyond the features: a block of 512 MiB on a GPU, elsewhere of 32 MiB, and about as much
    again for ``topk``.
    """
    total, dim = features.shape
    height = max(1, _BLOCK_BYTES[features.device.type] // (4 * total))
    buffer = torch.empty((min(height, len(rows)), total), device=features.device)
    for start in progress(range(0, len(rows), height), 'nearest neighbors'):
        chosen = rows[start : start + height]
        block = buffer[: len(chosen)]
        with precise_products():
            torch.mm(features[chosen], features.T, out=block)
        values, index = block.topk(num_slots(keep, total))
        yield Candidates(chosen, index, _count_close(values, keep, product_error(dim), total))


def _count_close(values: Tensor, keep: int, error: float, total: int) -> Tensor:
    """Count what may be among the ``keep`` best of each row, (n,) int32; ``CROWDED`` if too many.

    ``values`` (n, C) are the best of N = ``total`` similarities, descending, with the row itself
    among them. Two may change places if they are within twice the error.
    """
    limit = values[:, keep : keep + 1].double() - 2 * error
    used = (values >= limit).sum(dim=1, dtype=torch.int32)
    if values.shape[1] < total:
        used[used == values.shape[1]] = CROWDED
    return used
