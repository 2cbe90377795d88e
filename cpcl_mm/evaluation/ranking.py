"""Retrieval scores of features: arrays in, scores out.

The protocol of text-based person retrieval: every query ranks the whole gallery by inner product,
and a gallery item of the query's identity is a match. With the 1-based ranks ``r_1 < ... < r_m`` of
a query's ``m`` matches

- R@k: share of queries with ``r_1 <= k``;
- AP: ``1/m * sum_j j / r_j``, over the full list; mAP is its mean over the queries;
- INP: ``m / r_m`` (Ye et al., arXiv 2001.04193); mINP is its mean over the queries.

All three need the ranks of the matches only, and ``r_j = j + number of non-matches that score at
least as high as match j``. So nothing is sorted but the matches: the product is made in blocks of
queries, and the non-matches are counted in one pass per match. Scores closer than the float32
product may err are compared in float64 (see :mod:`.match_ranks`): neither the blocks nor the number
of ranks shows in the result.
"""

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from cpcl_mm.utils.compiled import warn_if_not_compiled
from cpcl_mm.utils.sharing import gather_shares, share_of_rank, together

from .match_ranks import Gallery, Queries, score_block

Features = np.ndarray | torch.Tensor
Identities = np.ndarray | torch.Tensor | Sequence[int]

_BLOCK_BYTES = 64 * 2**20
# Most queries in a block: enough for the product, and few enough to share out over ranks.
_BLOCK_ROWS = 256


@dataclass(frozen=True)
class RankingScores:
    """Scores of one retrieval direction, in percent."""

    recall: dict[int, float]  # R@k by k
    mean_ap: float
    mean_inp: float
    num_queries: int
    num_without_match: int  # their identity is not in the gallery: left out of every mean

    def as_dict(self) -> dict[str, float]:
        """Give the scores by their usual names: ``R@k`` for each k, ``mAP``, ``mINP``."""
        recall = {f'R@{k}': value for k, value in self.recall.items()}
        return {**recall, 'mAP': self.mean_ap, 'mINP': self.mean_inp}


def rank_scores(
    query_features: Features,
    gallery_features: Features,
    query_identities: Identities,
    gallery_identities: Identities,
    ks: Sequence[int] = (1, 5, 10),
    block_bytes: int = _BLOCK_BYTES,
    groups: tuple[Identities, Identities] | None = None,
    shared: bool = False,
) -> RankingScores:
    """Score how every query ranks the gallery.

    A non-match with exactly the score of a match ranks before it: ties never flatter. The memory
    taken beyond the features is one block of scores; the work is shared by as many threads as
    torch uses.

    Args:
        query_features (np.ndarray | Tensor): L2-normalized, ``(Q, D)``.
        gallery_features (np.ndarray | Tensor): L2-normalized, ``(N, D)``.
        query_identities (Sequence[int]): ``(Q,)``, none negative; or an array or tensor.
        gallery_identities (Sequence[int]): ``(N,)``, likewise.
        ks (Sequence[int]): The k of R@k. Defaults to (1, 5, 10).
        block_bytes (int): Memory for one block of scores, of two queries at least. Defaults to 64
            MiB.
        groups (tuple, optional): ``(Q,)`` for the queries and ``(N,)`` for the gallery, none
            negative. Gallery items of the query's identity and of its group are left out, neither
            match nor non-match: with numbers of cameras, those that the same camera took; with
            numbers of images, the query itself. Defaults to None: nothing is left out.
        shared (bool): In a distributed run, share the queries out over the ranks. Every rank must
            call with the same arguments, and gets what one alone would, to the last bit. Defaults
            to False.

    Returns:
        RankingScores: The scores of this direction; swap queries and gallery for the other.

    Raises:
        ValueError: If an input is empty or does not fit the others, a feature is not finite, an
            identity or a group is negative, a k is below 1, or no query at all has a match.
        RuntimeError: If ``shared`` and another rank failed.

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
    # Without groups no query shares its own with an item.
    query_groups, gallery_groups = groups or ([0] * len(queries), [1] * len(gallery))
    task = _find_matches(
        queries,
        gallery,
        _check_identities('query identities', query_identities, len(queries)),
        _check_identities('gallery identities', gallery_identities, len(gallery)),
        _check_identities('query groups', query_groups, len(queries)),
        _check_identities('gallery groups', gallery_groups, len(gallery)),
    )
    blocks = _cut_into_blocks(len(queries), len(gallery), block_bytes)
    if shared:
        share = share_of_rank(len(blocks))
        mine = blocks[share.start : share.stop]
        local = together(lambda: _score_queries(*task, mine, len(blocks[0])))
        per_block = gather_shares(torch.from_numpy(local), len(blocks)).numpy()
    else:
        per_block = _score_queries(*task, blocks, len(blocks[0]))
    per_query = per_block.reshape(-1, 3)[: len(queries)]
    if not per_query.any():
        other = ' and another group' if groups else ''
        raise ValueError(
            f'None of the {len(queries)} queries has an item of its identity{other} among the '
            f'{len(gallery)} of the gallery: are both of the same split?'
        )
    return average_scores(per_query, ks)


def average_scores(per_query: np.ndarray, ks: Sequence[int]) -> RankingScores:
    """Average rank of the first match, AP and INP of queries, (Q, 3); zeros without a match."""
    matched = per_query[:, 0] > 0
    first_rank, ap, inp = per_query[matched].T
    return RankingScores(
        recall={k: 100 * float(np.mean(first_rank <= k)) for k in ks},
        mean_ap=100 * float(ap.mean()),
        mean_inp=100 * float(inp.mean()),
        num_queries=len(per_query),
        num_without_match=int(np.sum(~matched)),
    )


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
    """Bring identities or groups to an int64 array, one for each feature."""
    array = torch.as_tensor(identities).cpu().numpy()
    if array.shape != (number,) or array.dtype.kind not in 'iu':
        raise ValueError(
            f'The {name} must be {number} whole numbers, one for each feature, got '
            f'shape {array.shape} of {array.dtype}.'
        )
    unknown = np.flatnonzero(array < 0)
    if len(unknown):
        raise ValueError(
            f'{len(unknown)} of the {number} {name} are negative, which stands for '
            f'unknown; the first at indices {unknown[:5].tolist()}.'
        )
    return array.astype(np.int64)


def _find_matches(
    queries: torch.Tensor,
    gallery: torch.Tensor,
    query_ids: np.ndarray,
    gallery_ids: np.ndarray,
    query_groups: np.ndarray,
    gallery_groups: np.ndarray,
) -> tuple[Queries, Gallery]:
    """Find the gallery items of each query's identity, and how far scores may be trusted."""
    items = np.argsort(gallery_ids, kind='stable')
    ordered = gallery_ids[items]
    lengths, longest = _norms(queries), _norms(gallery).max()
    # D float32 additions in any order err by at most D roundoffs on unit vectors. Two values are
    # compared; eight more roundoffs cover the comparison itself.
    roundoffs = 2 * (queries.shape[1] + 8)
    return (
        Queries(
            features=queries.numpy(),
            margins=roundoffs * 2.0**-24 * lengths * longest,
            starts=np.searchsorted(ordered, query_ids, side='left'),
            stops=np.searchsorted(ordered, query_ids, side='right'),
            groups=query_groups,
        ),
        Gallery(gallery.numpy(), items, gallery_groups),
    )


def _norms(features: torch.Tensor) -> np.ndarray:
    return torch.linalg.vector_norm(features, dim=1, dtype=torch.float64).numpy()


def _cut_into_blocks(num_queries: int, num_gallery: int, block_bytes: int) -> list[range]:
    """Cut the queries into blocks, for memory and for ranks to share."""
    rows = max(2, min(_BLOCK_ROWS, block_bytes // (4 * num_gallery)))
    return [range(start, min(start + rows, num_queries)) for start in range(0, num_queries, rows)]


def _score_blocks(
    queries: torch.Tensor, gallery: torch.Tensor, blocks: Sequence[range]
) -> Iterator[torch.Tensor]:
    """Yield the scores of each block; the next block overwrites them."""
    buffer = torch.empty(max((2, *map(len, blocks))), len(gallery))
    for rows in blocks:
        block = queries[rows.start : rows.stop]
        # A single row would be multiplied by another routine, whose rounding can give equal
        # gallery items unequal scores: it goes in twice.
        factor = block if len(block) > 1 else block.expand(2, -1)
        yield torch.mm(factor, gallery.T, out=buffer[: len(factor)])[: len(block)]


def _score_queries(
    queries: Queries, gallery: Gallery, blocks: Sequence[range], height: int
) -> np.ndarray:
    """Rank of the first match, AP and INP of each query, (blocks, height, 3).

    Zeros stand for queries without a match and, at the end, for no query.
    """
    warn_if_not_compiled()
    per_query = np.zeros((len(blocks), height, 3))
    features = torch.from_numpy(queries.features), torch.from_numpy(gallery.features)
    num_threads = torch.get_num_threads()
    # Threads of our own around a kernel that releases the GIL: numba's parallel loops would bring
    # a threading layer that may not be entered by two threads or survive a fork.
    with ThreadPoolExecutor(num_threads) as pool:
        for number, scores in enumerate(_score_blocks(*features, blocks)):
            first = blocks[number].start
            cuts = np.linspace(0, len(scores), num_threads + 1).astype(int)
            parts = [slice(*cut) for cut in itertools.pairwise(cuts)]
            list(
                pool.map(
                    score_block,
                    [scores[part].numpy() for part in parts],
                    [queries.part(slice(first + p.start, first + p.stop)) for p in parts],
                    itertools.repeat(gallery),
                    [per_query[number, part] for part in parts],
                )
            )
    return per_query
