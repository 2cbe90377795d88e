"""The sparse graph that clusterers work on."""

from dataclasses import dataclass

import numpy as np

#: A distance within this of a limit counts as within it: the rounding of weights and sums must not
#: decide about a pair that lies on the limit exactly.
TOLERANCE = 2.0**-22


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
