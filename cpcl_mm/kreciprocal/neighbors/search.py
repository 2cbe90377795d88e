"""The search itself: backends by name, shared out over the ranks."""

from functools import cache

import numpy as np
import torch
from mmengine.dist import is_main_process
from mmengine.logging import print_log
from torch import Tensor

from cpcl_mm.utils.compiled import COMPILED
from cpcl_mm.utils.sharing import gather_shares, share_of_rank, together

from . import tiles, topk
from .candidates import rank_all

BACKENDS = ('auto', 'cpu', 'torch')


def nearest_neighbors(
    features: np.ndarray, k: int, num_threads: int = 1, backend: str = 'auto', shared: bool = False
) -> np.ndarray:
    """Find the k nearest rows of every row by inner product, exactly.

    A point is its own first neighbor, also when it has exact duplicates. The others follow by
    similarity (rounded to 2**-30), the larger first, and by index, the smaller first, where
    similarities are equal. The backend does not change the result.

    Memory beyond the features and the result: the candidates of the rows that a rank searches, with
    the tiles ``16 k + 512`` bytes a row, and one tile of 2.3 MiB a thread.

    Args:
        features (np.ndarray): (N, D) float32, C-contiguous, rows of unit length.
        k (int): Neighbors per row, the row itself included; no more than N are given.
        num_threads (int): Threads to work on. Defaults to 1.
        backend (str): ``'cpu'`` (tiles that use the symmetry), ``'torch'`` (on the GPU, if there is
            one) or ``'auto'``, the default: torch where there is a GPU, else cpu.
        shared (bool): In a distributed run, share the rows out over the ranks. Every rank must call
            with the same features and gets the whole result. Defaults to False.

    Returns:
        np.ndarray: (N, min(k, N)) int32.

    Raises:
        RuntimeError: If ``shared`` and the search failed on another rank.
    """
    unit = torch.from_numpy(features)
    return find_neighbors(unit, k, num_threads, backend, shared).cpu().numpy()


def find_neighbors(
    features: Tensor, k: int, num_threads: int = 1, backend: str = 'auto', shared: bool = False
) -> Tensor:
    """Find neighbors on any device, see :func:`nearest_neighbors`; on the CPU if ``shared``."""
    backend = resolve_backend(backend)
    unit = features.to(search_device(backend))
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
        parts = topk.propose(features, chosen, keep)
    return rank_all(features, chosen, keep, parts, num_threads)
