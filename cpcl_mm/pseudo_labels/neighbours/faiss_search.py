"""The backend of the faiss library, on a CPU or, where faiss sees one, on a GPU."""

from collections.abc import Iterator
from types import ModuleType

import numpy as np
import torch

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


def propose(features: np.ndarray, rows: np.ndarray, keep: int) -> Iterator[Proposals]:
    """Search with ``faiss.knn`` or ``faiss.knn_gpu``, in float32.

    Args:
        features: (N, D) float32, C-contiguous, rows of unit length.
        rows: (n,) int64, the rows to find candidates for.
        keep: Neighbours wanted beside a row itself.

    Yields:
        Proposals of some rows each.
    """
    faiss = import_faiss()
    total = len(features)
    error = Products(torch.from_numpy(features)).error
    on_gpu = faiss.get_num_gpus() > 0
    resources = faiss.StandardGpuResources() if on_gpu else None
    slots = num_slots(keep, total)
    for start in progress(range(0, len(rows), _ROWS_AT_ONCE), 'nearest neighbours'):
        chosen = rows[start : start + _ROWS_AT_ONCE]
        search = dict(metric=faiss.METRIC_INNER_PRODUCT)
        if on_gpu:
            # Not cuVS, whose products may be less precise.
            device = torch.cuda.current_device() if torch.cuda.is_available() else 0
            values, index = faiss.knn_gpu(
                resources, features[chosen], features, slots, device=device, **search
            )
        else:
            values, index = faiss.knn(features[chosen], features, slots, **search)
        yield choose_close(chosen, values, index, keep, error, total)
