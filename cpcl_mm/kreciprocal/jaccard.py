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
from mmengine.dist import all_gather_object, get_rank, get_world_size
from scipy import sparse
from torch import Tensor

from cpcl_mm.utils.compiled import COMPILED
from cpcl_mm.utils.sharing import share_of_rank, together

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
_PARTS_OF_A_RANK = 8


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
    shared: bool = False,
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
        shared (bool): In a distributed run, share the work out over the ranks. Every rank must call
            with the same arguments, and gets other parts. Defaults to False.

    Returns:
        Iterator[DistanceGraph]: Parts of the graph: the edges of some rows, rows ascending. They
        are made one by one, without communication.

    Raises:
        RuntimeError: If ``shared`` and another rank failed.
    """
    encoded = _encode_all(features, neighbors, k1, num_threads, in_torch, shared)
    # Ranks take turns.
    turn = slice(get_rank(), None, get_world_size()) if shared else slice(0, None, 1)
    return _find_edges(*encoded, k2, max_distance, num_threads, turn)


def mean_encodings(
    features: np.ndarray, neighbors: np.ndarray, k1: int, k2: int, num_threads: int = 1
) -> sparse.csr_matrix:
    """Compute W, the k-reciprocal encodings after local query expansion (steps 1 to 4).

    Arguments are those of :func:`jaccard_graph_parts`. Gives (N, N) float32, every row sums to 1.
    """
    total = len(neighbors)
    loops, near, encodings = _encode_all(features, neighbors, k1, num_threads)
    rows = SparseRows(*map(np.asarray, loops.average(near, k2, encodings, num_threads)))
    values = (rows.values / ONE).astype(np.float32)
    return sparse.csr_matrix((values, rows.columns, rows.start), shape=(total, total))


def _encode_all(
    features: np.ndarray | Tensor,
    neighbors: np.ndarray | Tensor,
    k1: int,
    num_threads: int,
    in_torch: bool = False,
    shared: bool = False,
) -> tuple[ModuleType, Any, SparseRows]:
    """Compute V; also give the module whose loops work on it, and the neighbors as these want them.

    If ``shared``, every rank computes the rows of its share, and gets all.
    """
    arrays: list[Any] = [torch.as_tensor(neighbors), torch.as_tensor(features)]
    total, width = arrays[0].shape
    half = min(round(k1 / 2) + 1, width)
    loops: ModuleType = jaccard_torch
    if COMPILED and not in_torch and arrays[1].device.type == 'cpu':
        loops, arrays = jaccard_compiled, [tensor.numpy() for tensor in arrays]
    if not shared:
        return loops, arrays[0], loops.encode(*arrays, half, range(total), num_threads)
    share = share_of_rank(total)
    local = together(lambda: loops.encode(*arrays, half, share, num_threads))
    return loops, arrays[0], local if get_world_size() == 1 else _join_shares(local)


def _join_shares(local: SparseRows) -> SparseRows:
    """Join the rows that the ranks have, as arrays or as tensors on the device of this rank's."""
    arrays = [torch.as_tensor(array).cpu().numpy() for array in local]
    starts, columns, values = zip(*all_gather_object(arrays), strict=True)
    counts = np.concatenate([np.diff(start) for start in starts])
    start = np.concatenate([[0], np.cumsum(counts)])
    joined = SparseRows(start, np.concatenate(columns), np.concatenate(values))
    if isinstance(local.start, np.ndarray):
        return joined
    return SparseRows(*(torch.from_numpy(array).to(local.start.device) for array in joined))


def _find_edges(
    loops: ModuleType,
    neighbors: Any,
    encodings: SparseRows,
    k2: int,
    max_distance: float,
    num_threads: int,
    turn: slice,
) -> Iterator[DistanceGraph]:
    """Give every part of the graph, or those whose turn it is."""
    total = len(neighbors)
    means = loops.average(neighbors, k2, encodings, num_threads)
    del encodings  # large, and not needed from here on
    holders = loops.transpose(means)
    limit = max_distance + TOLERANCE
    least = max(1, int(np.ceil(2 * (1 - limit) / (2 - limit) * ONE)))
    step = _EDGES_AT_ONCE[torch.as_tensor(neighbors).device.type] // max(total, 1)
    if turn.step > 1:
        # Several parts a rank, for the first rows have the most work: only later rows are found.
        step = min(step, total // (_PARTS_OF_A_RANK * turn.step))
    step = max(_ROWS_AT_ONCE, step)
    for start in progress(range(0, total, step)[turn], 'Jaccard'):
        rows = range(total)[start : start + step]
        overlaps = loops.find_overlaps(rows, means, holders, least, num_threads)
        yield _as_graph(total, rows, overlaps)


def _as_graph(total: int, rows: range, overlaps: SparseRows) -> DistanceGraph:
    """Turn the overlaps of a range of rows into distances."""
    overlap = overlaps.values / ONE
    return DistanceGraph(
        num_nodes=total,
        rows=np.repeat(np.arange(rows.start, rows.stop, dtype=np.int32), np.diff(overlaps.start)),
        columns=overlaps.columns,
        distances=np.maximum(1 - overlap / (2 - overlap), 0).astype(np.float32),
    )
