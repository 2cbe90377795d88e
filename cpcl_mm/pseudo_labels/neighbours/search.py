"""The search itself: backends by name, shared out over the ranks."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import torch
from mmengine.dist import is_main_process
from mmengine.logging import print_log

from cpcl_mm.utils.compiled import COMPILED
from cpcl_mm.utils.sharing import gather_shares, share_of_rank, together

from . import faiss_search, tiles, topk
from .proposals import CROWDED, Proposals
from .ranking import rank, rank_densely

BACKENDS = ('auto', 'cpu', 'faiss', 'torch')


def nearest_neighbours(
    features: np.ndarray,
    k: int,
    num_threads: int = 1,
    backend: str = 'auto',
    precision: str = 'float32',
    shared: bool = False,
) -> np.ndarray:
    """Find the k nearest rows of every row by inner product, exactly.

    A point is its own first neighbour, also when it has exact duplicates. The others follow by
    similarity (rounded to 2**-30), the larger first, and by index, the smaller first, where
    similarities are equal. Neither the backend nor the precision changes the result.

    Memory beyond the features and the result: the candidates of the rows that a rank searches, with
    the tiles ``16 k + 512`` bytes a row, and one tile of 4 MiB.

    Args:
        features: (N, D) float32, C-contiguous, rows of unit length.
        k: Neighbours per row, the row itself included; no more than N are given.
        num_threads: Threads of the compiled loops; PyTorch's own setting holds for the products.
        backend: ``'cpu'`` (tiles that use the symmetry), ``'torch'`` (on the GPU, if there is one),
            ``'faiss'`` or ``'auto'``: the first of torch on a GPU, faiss on a GPU, and cpu.
        precision: Of the product that proposes candidates: ``'float32'``, ``'tf32'`` or
            ``'bfloat16'``, which pay on hardware that has them; not for faiss.
        shared: In a distributed run, share the rows out over the ranks. Every rank must call with
            the same features and gets the whole result.

    Returns:
        (N, min(k, N)) int32.

    Raises:
        ImportError: If ``backend='faiss'`` and faiss cannot be imported.
        RuntimeError: If ``shared`` and the search failed on another rank.
    """
    total = len(features)
    if not shared:
        return _search(features, range(total), k, num_threads, backend, precision)
    share = share_of_rank(total)
    local = together(lambda: _search(features, share, k, num_threads, backend, precision))
    return gather_shares(torch.from_numpy(local), total).numpy()


@cache
def automatic_backend() -> str:
    """Choose what is fastest here, and say so once."""
    backend, reason = _choose_backend()
    if is_main_process():
        print_log(f'nearest neighbours: backend {backend!r} ({reason})', logger='current')
    return backend


def _choose_backend() -> tuple[str, str]:
    if torch.cuda.is_available():
        return 'torch', f'on {torch.cuda.get_device_name()}'
    try:
        if faiss_search.import_faiss().get_num_gpus() > 0:
            return 'faiss', 'on a GPU that PyTorch does not see'
    except ImportError:
        pass
    return 'cpu', 'no GPU found'


def _search(
    features: np.ndarray, rows: range, k: int, num_threads: int, backend: str, precision: str
) -> np.ndarray:
    """Find the neighbours of some rows, (len(rows), min(k, N))."""
    backend = automatic_backend() if backend == 'auto' else backend
    keep = min(k, len(features)) - 1
    ranked = np.empty((len(rows), keep + 1), dtype=np.int32)
    ranked[:, :1] = np.array(rows)[:, None]
    if keep < 1 or len(rows) == 0:
        return ranked
    proposals = _propose(features, rows, keep, num_threads, backend, precision)
    crowded = _rank_all(features, proposals, ranked, num_threads)
    if precision != 'float32' and len(crowded):
        # Rows that are crowded for a coarse product are mostly not so for a fine one.
        again = topk.propose(features, crowded, keep, 'float32', _device(backend))
        crowded = _rank_all(features, again, ranked, num_threads)
    ranked[crowded - rows.start, 1:] = rank_densely(features, crowded, keep)
    return ranked


def _propose(
    features: np.ndarray, rows: range, keep: int, num_threads: int, backend: str, precision: str
) -> Iterator[Proposals]:
    if backend == 'cpu' and COMPILED:
        return tiles.propose(features, rows, keep, precision, num_threads)
    if backend == 'faiss':
        return faiss_search.propose(features, np.array(rows), keep)
    return topk.propose(features, np.array(rows), keep, precision, _device(backend))


def _device(backend: str) -> torch.device:
    on_gpu = backend == 'torch' and torch.cuda.is_available()
    return torch.device('cuda' if on_gpu else 'cpu')


def _rank_all(
    features: np.ndarray, proposals: Iterator[Proposals], ranked: np.ndarray, num_threads: int
) -> np.ndarray:
    """Write ranks of all proposals into ``ranked``, whose own rows are its first column.

    Returns:
        The rows that are crowded.
    """
    first, keep = ranked[0, 0], ranked.shape[1] - 1
    crowded = []
    for part in proposals:
        ranked[part.rows - first, 1:] = rank(features, part, keep, num_threads)
        crowded.append(part.rows[part.used == CROWDED])
    return np.concatenate(crowded)
