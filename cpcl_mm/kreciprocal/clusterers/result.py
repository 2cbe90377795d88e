"""What a clusterer gives."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class ClusterResult:
    """What a clusterer gives.

    Attributes:
        labels: (N,) int64, clusters 0..K-1, -1 for outliers.
        seconds: Wall-clock seconds of each stage by its name.
        recall: Estimated share of the true nearest neighbors that an approximate search found;
            None where the search was exact.
    """

    labels: np.ndarray
    seconds: dict[str, float] = field(default_factory=dict)
    recall: float | None = None

    @property
    def num_clusters(self) -> int:
        """Number of clusters K."""
        return int(self.labels.max(initial=-1)) + 1

    @property
    def num_outliers(self) -> int:
        """Number of samples in no cluster."""
        return int((self.labels == -1).sum())
