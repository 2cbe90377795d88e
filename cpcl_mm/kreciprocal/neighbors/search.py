"""The search itself: backends by name, shared out over the ranks."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import torch
from mmengine.dist import is_main_process
from mmengine.logging import print_log
from torch import Tensor

from cpcl_mm.utils.compiled import COMPILED

from . import faiss_search, tiles, topk
from .approximate import find_approximately
from .found import Neighbors, for_all_rows
from .proposals import Proposals
from .ranking import rank_all

BACKENDS = ('auto', 'cpu', 'faiss', 'torch')


def nearest_neighbors(
    features: np.ndarray,
    k: int,
    num_threads: int = 1,
    backend: str = 'auto',
    precision: str = 'float32',
    shared: bool = False,
) -> np.ndarray:
    """Find the k nearest rows of every row by inner product, exactly.

    A point is its own first neighbor, also when it has exact duplicates. The others follow by
    similarity (rounded to 2**-30), the larger first, and by index, the smaller first, where
    similarities are equal. Neither the backend nor the precision changes the result.

    Memory beyond the features and the result: the candidates of the rows that a rank searches, with
    the tiles ``16 k + 512`` bytes a row, and one tile of 2.3 MiB a thread.

    Args:
        features: (N, D) float32, C-contiguous, rows of unit length.
        k: Neighbors per row, the row itself included; no more than N are given.
        num_threads: Threads to work on.
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
    unit = torch.from_numpy(features)
    return find_neighbors(unit, k, num_threads, backend, precision, shared).table.cpu().numpy()


def find_neighbors(
    features: Tensor,
    k: int,
    num_threads: int = 1,
    backend: str = 'auto',
    precision: str = 'float32',
    shared: bool = False,
    approximate_above: int | None = None,
) -> Neighbors:
    """Find the k nearest rows of every row, as :func:`nearest_neighbors`, on any device.

    Args:
        features: (N, D) float32, contiguous, rows of unit length. On a GPU they stay there.
        k: As for :func:`nearest_neighbors`.
        num_threads: As for :func:`nearest_neighbors`.
        backend: As for :func:`nearest_neighbors`.
        precision: As for :func:`nearest_neighbors`.
        shared: As for :func:`nearest_neighbors`.
        approximate_above: Number of samples above which neighbors are approximate where there is
            no GPU to search on; the log says so, with the estimated recall. None never.

    Returns:
        The neighbors, on the device of the search; on the CPU if ``shared``.

    Raises:
        ImportError: If faiss is needed and cannot be imported.
        RuntimeError: If ``shared`` and the search failed on another rank.
    """
    backend = resolve_backend(backend)
    features = features.to(search_device(backend))
    if k > 1 and is_approximate(len(features), backend, approximate_above):
        return find_approximately(features, k, num_threads, shared)

    def search(rows: range) -> Tensor:
        return _search(features, rows, k, num_threads, backend, precision)

    return Neighbors(for_all_rows(search, len(features), shared), None)


def resolve_backend(backend: str) -> str:
    """Replace ``'auto'`` by the backend that it stands for here."""
    return automatic_backend() if backend == 'auto' else backend


@cache
def automatic_backend() -> str:
    """Choose what is fastest here, and say so once."""
    backend, reason = _choose_backend()
    if is_main_process():
        print_log(f'nearest neighbors: backend {backend!r} ({reason})', logger='current')
    return backend


def search_device(backend: str) -> torch.device:
    """Give the device on which a backend wants the features."""
    on_gpu = backend == 'torch' and torch.cuda.is_available()
    return torch.device('cuda', torch.cuda.current_device()) if on_gpu else torch.device('cpu')


def is_approximate(total: int, backend: str, approximate_above: int | None) -> bool:
    """Say whether a search is approximate: of many samples, and not on a GPU."""
    if approximate_above is None or total <= approximate_above:
        return False
    if backend == 'faiss':
        return faiss_search.import_faiss().get_num_gpus() == 0
    return search_device(backend).type == 'cpu'


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
    features: Tensor, rows: range, k: int, num_threads: int, backend: str, precision: str
) -> Tensor:
    """Find the neighbors of some rows, (len(rows), min(k, N))."""
    keep = min(k, len(features)) - 1
    chosen = torch.arange(rows.start, rows.stop, device=features.device)
    if keep < 1:
        return chosen[:, None].int()[:, : keep + 1]
    proposals = _propose(features, rows, keep, num_threads, backend, precision)
    return rank_all(features, chosen, keep, proposals, num_threads, again=precision != 'float32')


def _propose(
    features: Tensor, rows: range, keep: int, num_threads: int, backend: str, precision: str
) -> Iterator[Proposals]:
    if backend == 'cpu' and COMPILED:
        return tiles.propose(features, rows, keep, precision, num_threads)
    chosen = torch.arange(rows.start, rows.stop, device=features.device)
    if backend == 'faiss':
        return faiss_search.propose(features, chosen, keep)
    return topk.propose(features, chosen, keep, precision)
