"""The backend of the faiss library, on a CPU or, where faiss sees one, on a GPU."""

from collections.abc import Iterator
from types import ModuleType

import torch
from torch import Tensor

from ..progress import progress
from .products import Products
from .proposals import Proposals, choose_close, num_slots

_ROWS_AT_ONCE = 4096


def import_faiss() -> ModuleType:
    """Import faiss.

    Raises:
        ImportError: If that fails, for whatever reason, with the way out.
    """
    try:
        import faiss
    # The GPU build raises RuntimeError where it misses CUDA's libraries.
    except (ImportError, RuntimeError) as error:
        raise ImportError(
            f"backend='faiss' needs faiss, which cannot be imported ({error}): "
            "install faiss-gpu or faiss-cpu, or choose backend='auto'."
        ) from error
    return faiss


def propose(features: Tensor, rows: Tensor, keep: int) -> Iterator[Proposals]:
    """Search with ``faiss.knn`` or ``faiss.knn_gpu``, in float32.

    Args:
        features: (N, D) float32, contiguous, rows of unit length, on the CPU.
        rows: (n,) int64, the rows to find candidates for.
        keep: Neighbors wanted beside a row itself.

    Yields:
        Proposals of some rows each.
    """
    faiss = import_faiss()
    total = len(features)
    everything = features.numpy()
    error = Products(features).error
    on_gpu = faiss.get_num_gpus() > 0
    resources = faiss.StandardGpuResources() if on_gpu else None
    slots = num_slots(keep, total)
    for start in progress(range(0, len(rows), _ROWS_AT_ONCE), 'nearest neighbors'):
        chosen = rows[start : start + _ROWS_AT_ONCE]
        queries = features[chosen].numpy()
        search = dict(metric=faiss.METRIC_INNER_PRODUCT)
        if on_gpu:
            # Not cuVS, whose products may be less precise.
            device = torch.cuda.current_device() if torch.cuda.is_available() else 0
            found = faiss.knn_gpu(resources, queries, everything, slots, device=device, **search)
        else:
            found = faiss.knn(queries, everything, slots, **search)
        values, index = map(torch.from_numpy, found)
        yield choose_close(chosen, values, index, keep, error, total)
