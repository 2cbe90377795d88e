"""The base of metrics that rank features: every rank scores its share of the queries."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from mmengine.dist import all_gather_object, get_rank, get_world_size
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from cpcl_mm.utils.sharing import gather_dealt

from .ranking import rank_scores

Part = tuple[torch.Tensor, np.ndarray]
"""Features (N, D) and identities (N,) that search, or are searched."""


class FeatureItem(NamedTuple):
    """One item of the data set, as the model saw it."""

    feature: np.ndarray  # (D,) float32, in memory of its own
    numbers: tuple[int, ...]  # what scores depend on beside it, such as the identity
    name: str | None = None  # what a picture calls the item


class CollectedItems(NamedTuple):
    """All items of the data set, in its order."""

    features: torch.Tensor  # (N, D) float32
    numbers: np.ndarray  # (N, M) int64


class FeatureMetric(BaseMetric):
    """Collects features on all ranks, so that the ranks can share out the ranking.

    mmengine collects the results of all ranks, pickled, on the main process, which then scores
    alone. Here ``process`` appends a :class:`FeatureItem` to ``results`` for each item, every rank
    gets all features as one tensor, and ``compute_metrics`` is called on every rank with
    :class:`CollectedItems`. Memory does not grow with the number of ranks. ``topk`` has the k of
    R@k; the prefix stands before the names of the scores.
    """

    def __init__(self, topk: int | Sequence[int] = (1, 5, 10), prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        self.topk = (topk,) if isinstance(topk, int) else tuple(topk)
        self._names: list[str | None] = []

    def evaluate(self, size: int) -> dict[str, float]:
        """Score the items of all ranks, ``size`` of them; what the sampler added is dropped.

        Each rank calls, and each gets the scores. Missing items raise ``ValueError``.
        """
        metrics = self.compute_metrics(self._collect(size))
        self._names.clear()
        return {'/'.join(filter(None, (self.prefix, name))): x for name, x in metrics.items()}

    def rank(
        self,
        queries: Part,
        gallery: Part,
        direction: str = '',
        groups: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> dict[str, float]:
        """Score by :func:`.rank_scores` on all ranks, and say how many queries have no match."""
        task = (queries[0], gallery[0], queries[1], gallery[1])
        scores = rank_scores(*task, ks=self.topk, groups=groups, shared=True)
        if scores.num_without_match:
            print_log(
                f'{direction}{scores.num_without_match} of {scores.num_queries} queries have no '
                'match in the gallery and are left out of the scores.',
                logger='current',
            )
        return scores.as_dict()

    def names_of(self, positions: Iterable[int]) -> dict[int, str | None]:
        """Ask the ranks for the names of items by their places; every rank must call."""
        rank, ranks = get_rank(), get_world_size()
        mine = {p: self._names[p // ranks] for p in positions if p % ranks == rank}
        return {p: name for part in all_gather_object(mine) for p, name in part.items()}

    def _collect(self, size: int) -> CollectedItems:
        """Gather features and numbers; the rank's own items are given up."""
        features = [torch.from_numpy(item.feature) for item in self.results]
        numbers = [item.numbers for item in self.results]
        self._names = [item.name for item in self.results]
        self.results.clear()
        return CollectedItems(
            gather_dealt(torch.stack(features) if features else torch.empty(0), size),
            gather_dealt(torch.tensor(numbers, dtype=torch.int64), size).numpy(),
        )

    @staticmethod
    def check_distinct(numbers: np.ndarray, what: str, view: str) -> None:
        """Raise ``ValueError`` if items, told apart by numbers (N,) or (N, M), came twice."""
        distinct = len(np.unique(numbers, axis=0))
        if distinct < len(numbers):
            raise ValueError(
                f'Only {distinct} of {len(numbers)} evaluated {what} differ: use a data set with '
                f'view={view!r} and a sampler that gives each once, '
                "dict(type='DefaultSampler', shuffle=False)."
            )

    @staticmethod
    def own_feature(sample: dict[str, Any]) -> np.ndarray:
        """Copy the feature of a data sample: a view would keep the features of its whole batch."""
        return sample['feature'].detach().to('cpu', torch.float32).numpy().copy()
