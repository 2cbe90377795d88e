"""k-reciprocal Jaccard distance, as a sparse graph.

The distance of Zhong et al., "Re-ranking Person Re-identification with k-reciprocal Encoding"
(CVPR 2017, arXiv:1701.08398), in the form that clustering methods for re-identification use,
without ever holding an N x N matrix:

1. The reciprocal set R(i) holds the neighbors of i that have i among their own.
2. The expansion E(i) adds every half-size reciprocal set of a member of R(i) of which more than two
   thirds lie in R(i).
3. The encoding V(i, .) is the softmax of ``-(2 - 2 x_i.x_c)`` over c in E(i), 0 elsewhere.
4. Local query expansion: W(i) is the mean encoding of the first k2 neighbors of i.
5. With the overlap ``t = sum_c min(W_ic, W_jc)`` the distance is ``1 - t / (2 - t)``.

Encodings are in fixed point, so overlaps are exact integers and the same on any number of threads.
Compiled loops do the work on a CPU, PyTorch on a GPU and where nothing compiles.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from cpcl_mm.utils.compiled import COMPILED

from . import jaccard_compiled, jaccard_torch
from .chunks import progress
from .fixed_point import ONE
from .jaccard_compiled import SparseRows

#: A distance within this of a limit counts as within it: the rounding of weights and sums must not
#: decide about a pair that lies on the limit exactly.
TOLERANCE = 2.0**-22

# A GPU needs many rows at once to be busy.
_EDGES_AT_ONCE = {'cpu': 1 << 23, 'cuda': 1 << 26}
_ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class DistanceGraph:
    """Undirected graph of pairs of samples that lie close to each other, or a part of one.

    Attributes:
        num_nodes (int): Number of samples N.
        rows (np.ndarray): (E,) integers, the smaller index of each pair.
        columns (np.ndarray): (E,) integers, the larger index of each pair; a pair occurs once, none
            is a loop.
        distances (np.ndarray): (E,) float32 in [0, 1]. A distance of 0 is an edge like any other.
    """

    num_nodes: int
    rows: np.ndarray
    columns: np.ndarray
    distances: np.ndarray

    def within(self, limit: float) -> 'DistanceGraph':
        """Keep the pairs whose distance is at most ``limit``."""
        kept = self.distances <= np.float32(limit + TOLERANCE)
        return DistanceGraph(
            self.num_nodes, self.rows[kept], self.columns[kept], self.distances[kept]
        )


def jaccard_graph_parts(
    features: np.ndarray | Tensor,
    neighbors: np.ndarray | Tensor,
    k1: int,
    k2: int,
    max_distance: float,
    num_threads: int = 1,
    in_torch: bool = False,
) -> Iterator[DistanceGraph]:
    """Find all pairs whose k-reciprocal Jaccard distance is at most ``max_distance``.

    Memory beyond the arguments: 8 bytes for every non-zero of V, of W and of W's transpose, 4 for
    every neighbor, and one part of the graph. The whole may be large: it has N^2 / 2 edges if all
    features are equal.

    Args:
        features (np.ndarray | Tensor): (N, D) float32, rows of unit length. What lies on a GPU
            stays there.
        neighbors (np.ndarray | Tensor): (N, K) int32, the nearest neighbors in order, each point
            its own first; on the device of the features.
        k1 (int): Neighborhood size from which the half size ``round(k1 / 2) + 1`` follows (halves
            to even); K is usually k1.
        k2 (int): Neighbors, the point included, over which encodings are averaged.
        max_distance (float): Limit in (0, 1).
        num_threads (int): Threads of the compiled loops. Defaults to 1.
        in_torch (bool): Work in PyTorch on a CPU, too. Defaults to False.

    Yields:
        DistanceGraph: A part of the graph: the edges of some rows, rows ascending.
    """
    total = len(neighbors)
    loops, means = _encode_all(features, neighbors, k1, k2, num_threads, in_torch)
    holders = loops.transpose(means)
    limit = max_distance + TOLERANCE
    least = max(1, int(np.ceil(2 * (1 - limit) / (2 - limit) * ONE)))
    edges = _EDGES_AT_ONCE[torch.as_tensor(features).device.type]
    step = max(_ROWS_AT_ONCE, edges // max(total, 1))
    for start in progress(range(0, total, step), 'Jaccard'):
        rows = range(total)[start : start + step]
        overlaps = loops.find_overlaps(rows, means, holders, least, num_threads)
        yield _as_graph(total, rows, overlaps)


def mean_encodings(
    features: np.ndarray, neighbors: np.ndarray, k1: int, k2: int, num_threads: int = 1
) -> sparse.csr_matrix:
    """Compute W, the k-reciprocal encodings after local query expansion (steps 1 to 4).

    Arguments are those of :func:`jaccard_graph_parts`. Gives (N, N) float32, every row sums to 1.
    """
    total = len(neighbors)
    _, means = _encode_all(features, neighbors, k1, k2, num_threads)
    rows = SparseRows(*map(np.asarray, means))
    values = (rows.values / ONE).astype(np.float32)
    return sparse.csr_matrix((values, rows.columns, rows.start), shape=(total, total))


def _encode_all(
    features: np.ndarray | Tensor,
    neighbors: np.ndarray | Tensor,
    k1: int,
    k2: int,
    num_threads: int,
    in_torch: bool = False,
) -> tuple[ModuleType, Any]:
    """Compute W in fixed point; also give the module whose loops work on it."""
    arrays: list[Any] = [torch.as_tensor(neighbors), torch.as_tensor(features)]
    half = min(round(k1 / 2) + 1, arrays[0].shape[1])
    loops: ModuleType = jaccard_torch
    if COMPILED and not in_torch and arrays[1].device.type == 'cpu':
        loops, arrays = jaccard_compiled, [tensor.numpy() for tensor in arrays]
    encodings = loops.encode(*arrays, half, num_threads)
    return loops, loops.average(arrays[0], k2, encodings, num_threads)


def _as_graph(total: int, rows: range, overlaps: SparseRows) -> DistanceGraph:
    """Turn the overlaps of a range of rows into distances."""
    overlap = overlaps.values / ONE
    return DistanceGraph(
        num_nodes=total,
        rows=np.repeat(np.arange(rows.start, rows.stop, dtype=np.int32), np.diff(overlaps.start)),
        columns=overlaps.columns,
        distances=np.maximum(1 - overlap / (2 - overlap), 0).astype(np.float32),
    )
