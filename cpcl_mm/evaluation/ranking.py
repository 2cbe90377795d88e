"""Retrieval scores of features: arrays in, scores out.

The protocol of text-based person retrieval: every query ranks the whole gallery by inner product,
a gallery item of the query's identity is a match, nothing is filtered out. With the 1-based ranks
``r_1 < ... < r_m`` of a query's ``m`` matches

- R@k: share of queries with ``r_1 <= k``;
- AP: ``1/m * sum_j j / r_j``, over the full list; mAP is its mean over the queries;
- INP: ``m / r_m`` (Ye et al., arXiv 2001.04193); mINP is its mean over the queries.

All three need the ranks of the matches only, and ``r_j = j + number of non-matches that score at
least as high as match j``. So nothing is sorted but the matches: the product is made in blocks of
queries, and the non-matches are counted in one pass per match.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import torch
from numba import njit

Features = np.ndarray | torch.Tensor
Identities = np.ndarray | torch.Tensor | Sequence[int]

BLOCK_BYTES = 64 * 2**20
"""Default memory for one block of scores."""


@dataclass(frozen=True)
class RankingScores:
    """Scores of one retrieval direction, in percent.

    Attributes:
        recall (dict[int, float]): R@k by k.
        mean_ap (float): mAP.
        mean_inp (float): mINP.
        num_queries (int): Number of queries given.
        num_without_match (int): Number of queries whose identity the gallery does not hold. They
            are left out of every mean.
    """

    recall: dict[int, float]
    mean_ap: float
    mean_inp: float
    num_queries: int
    num_without_match: int

    def as_dict(self) -> dict[str, float]:
        """The scores by their usual names: ``R@k`` for each k, ``mAP``, ``mINP``."""
        recall = {f'R@{k}': value for k, value in self.recall.items()}
        return {**recall, 'mAP': self.mean_ap, 'mINP': self.mean_inp}


def rank_scores(
    query_features: Features,
    gallery_features: Features,
    query_identities: Identities,
    gallery_identities: Identities,
    ks: Sequence[int] = (1, 5, 10),
    block_bytes: int = BLOCK_BYTES,
) -> RankingScores:
    """Score how every query ranks the gallery.

    A non-match with exactly the score of a match ranks before it: ties never flatter. The memory
    taken beyond the features is one block of scores; the work is shared by as many threads as
    torch uses.

    Args:
        query_features: L2-normalised features of the queries, ``(Q, D)``.
        gallery_features: L2-normalised features of the gallery, ``(N, D)``.
        query_identities: Identities of the queries, ``(Q,)``, none negative.
        gallery_identities: Identities of the gallery, ``(N,)``, none negative.
        ks: The k of R@k.
        block_bytes: Memory for one block of scores, in bytes; a block holds at least two queries.

    Returns:
        RankingScores: The scores of this direction; swap queries and gallery for the other.

    Raises:
        ValueError: If an input is empty or does not fit the others, a feature is not finite, an
            identity is negative, a k is below 1, or no query at all has a match.

    Examples:
        >>> import torch
        >>> from cpcl_mm.evaluation import rank_scores
        >>> query, gallery = torch.tensor([[0.8, 0.6, 0.0]]), torch.eye(3)
        >>> rank_scores(query, gallery, [7], [3, 7, 4], ks=[1, 2]).as_dict()
        {'R@1': 0.0, 'R@2': 100.0, 'mAP': 50.0, 'mINP': 50.0}
    """
    if min(ks, default=0) < 1:
        raise ValueError(f'ks must hold whole numbers from 1, got {tuple(ks)}.')
    queries, gallery = _check_features(query_features, gallery_features)
    matches, starts, stops = _matches_by_query(
        _check_identities('query', query_identities, len(queries)),
        _check_identities('gallery', gallery_identities, len(gallery)),
    )
    matched = stops > starts
    if not matched.any():
        raise ValueError(
            f'None of the {len(queries)} queries has an item of its identity among the '
            f'{len(gallery)} of the gallery: are both of the same split?'
        )
    per_query = _score_queries(queries, gallery, matches, starts, stops, block_bytes)
    first_rank, ap, inp = per_query[matched].T
    return RankingScores(
        recall={k: 100 * float(np.mean(first_rank <= k)) for k in ks},
        mean_ap=100 * float(ap.mean()),
        mean_inp=100 * float(inp.mean()),
        num_queries=len(queries),
        num_without_match=int(np.sum(~matched)),
    )


def top_gallery(
    query_features: Features,
    gallery_features: Features,
    k: int,
    block_bytes: int = BLOCK_BYTES,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the best gallery items of every query; of equal scores the lower index comes first.

    Args:
        query_features: L2-normalised features of the queries, ``(Q, D)``.
        gallery_features: L2-normalised features of the gallery, ``(N, D)``.
        k: How many items to return; all of them where the gallery holds fewer.
        block_bytes: Memory for one block of scores, in bytes; a block holds at least two queries.

    Returns:
        tuple[np.ndarray, np.ndarray]: Gallery indices (int64) and scores (float32), both
        ``(Q, min(k, N))``, best first.

    Raises:
        ValueError: If k is below 1, or the features are empty, unlike or not finite.
    """
    if k < 1:
        raise ValueError(f'k must be at least 1, got {k}.')
    queries, gallery = _check_features(query_features, gallery_features)
    indices, scores = [], []
    for _, block in _score_blocks(queries, gallery, block_bytes):
        ordered, order = torch.sort(block, dim=1, descending=True, stable=True)
        indices.append(order[:, :k].numpy())
        scores.append(ordered[:, :k].numpy())
    return np.concatenate(indices), np.concatenate(scores)


def _check_features(query: Features, gallery: Features) -> tuple[torch.Tensor, torch.Tensor]:
    """Bring features to float32 on the CPU, without a copy where they are, and check them."""
    checked = []
    for name, features in (('query', query), ('gallery', gallery)):
        matrix = torch.as_tensor(features).detach().to('cpu', torch.float32)
        if matrix.ndim != 2 or 0 in matrix.shape:
            raise ValueError(
                f'The {name} features must have shape (number, dimensions) and not be empty, '
                f'got {tuple(matrix.shape)}.'
            )
        broken = (~torch.isfinite(matrix).all(dim=1)).nonzero().flatten().tolist()
        if broken:
            raise ValueError(
                f'{len(broken)} of the {len(matrix)} {name} features hold NaN or infinity, the '
                f'first at indices {broken[:5]}: the model has probably diverged.'
            )
        checked.append(matrix)
    if checked[0].shape[1] != checked[1].shape[1]:
        raise ValueError(
            f'The query features have {checked[0].shape[1]} dimensions, those of the gallery '
            f'{checked[1].shape[1]}.'
        )
    return checked[0], checked[1]


def _check_identities(name: str, identities: Identities, number: int) -> np.ndarray:
    """Bring identities to an int64 array and check them against the number of features."""
    array = torch.as_tensor(identities).cpu().numpy()
    if array.shape != (number,) or array.dtype.kind not in 'iu':
        raise ValueError(
            f'The {name} identities must be {number} whole numbers, one for each feature, got '
            f'shape {array.shape} of {array.dtype}.'
        )
    unknown = np.flatnonzero(array < 0)
    if len(unknown):
        raise ValueError(
            f'{len(unknown)} of the {number} {name} identities are negative, which stands for '
            f'unknown; the first at indices {unknown[:5].tolist()}.'
        )
    return array.astype(np.int64)


def _matches_by_query(
    query_ids: np.ndarray, gallery_ids: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the matches: those of query q are ``matches[starts[q]:stops[q]]``, gallery indices."""
    matches = np.argsort(gallery_ids, kind='stable')
    ordered = gallery_ids[matches]
    starts = np.searchsorted(ordered, query_ids, side='left')
    stops = np.searchsorted(ordered, query_ids, side='right')
    return matches, starts, stops


def _score_blocks(
    queries: torch.Tensor, gallery: torch.Tensor, block_bytes: int
) -> Iterator[tuple[int, torch.Tensor]]:
    """Yield the first query and the scores of each block; the next block overwrites them."""
    rows = max(2, min(len(queries), block_bytes // (4 * len(gallery))))
    buffer = torch.empty(rows, len(gallery))
    for start in range(0, len(queries), rows):
        block = queries[start : start + rows]
        # A single row would be multiplied by another routine, whose rounding can give equal
        # gallery items unequal scores: it goes in twice.
        factor = block if len(block) > 1 else block.expand(2, -1)
        scores = torch.mm(factor, gallery.T, out=buffer[: len(factor)])
        yield start, scores[: len(block)]


def _score_queries(
    queries: torch.Tensor,
    gallery: torch.Tensor,
    matches: np.ndarray,
    starts: np.ndarray,
    stops: np.ndarray,
    block_bytes: int,
) -> np.ndarray:
    """Rank of the first match, AP and INP of each query, ``(Q, 3)``; zeros without a match."""
    per_query = np.zeros((len(queries), 3))
    num_threads = torch.get_num_threads()
    # Threads of our own around a kernel that releases the GIL: numba's parallel loops would bring
    # a threading layer that may not be entered by two threads or survive a fork.
    with ThreadPoolExecutor(num_threads) as pool:
        for first, scores in _score_blocks(queries, gallery, block_bytes):
            block = slice(first, first + len(scores))
            arrays = (scores.numpy(), starts[block], stops[block], per_query[block])
            shares = (np.array_split(array, num_threads) for array in arrays)
            list(pool.map(_score_block, *shares, repeat(matches)))
    return per_query


@njit(nogil=True, cache=True)
def _score_block(
    scores: np.ndarray,
    starts: np.ndarray,
    stops: np.ndarray,
    per_query: np.ndarray,
    matches: np.ndarray,
) -> None:
    """Fill rank of the first match, AP and INP of each row of scores (which it overwrites)."""
    for row in range(len(scores)):
        mine = matches[starts[row] : stops[row]]
        if len(mine) == 0:
            continue
        match_scores = np.sort(scores[row][mine])[::-1]
        # What remains in the row are the non-matches.
        scores[row][mine] = -np.inf
        precision = 0.0
        rank = 0
        for j, match_score in enumerate(match_scores):
            rank = j + 1 + _count_at_least(scores[row], match_score)
            precision += (j + 1) / rank
            if j == 0:
                per_query[row, 0] = rank
        per_query[row, 1] = precision / len(mine)
        per_query[row, 2] = len(mine) / rank


@njit(nogil=True, cache=True)
def _count_at_least(values: np.ndarray, threshold: float) -> int:
    """Count the values that reach the threshold."""
    # Written for the compiler to vectorise: an index loop (eight times as fast as iterating) and
    # a counter as wide as the scores (twice as fast as 64 bits).
    count = np.int32(0)
    for i in range(len(values)):
        count = np.int32(count + np.int32(values[i] >= threshold))
    return int(count)
