"""Ranks of the matches within rows of scores: the inner loop of the ranking.

A float32 product gives equal gallery items unequal scores where its routine treats the last columns
in another way, and other ones in another block. So it decides only what lies further apart than it
may err; the rest is compared by products in float64, and the ranks depend on the features alone.
"""

from typing import NamedTuple

import numpy as np

from cpcl_mm.kreciprocal.fixed_point import dot
from cpcl_mm.utils.compiled import COMPILED, njit

_STRIP = 64
# Share of a margin within which two products in float64 are equal; they err by far less.
_TIE = 2.0**-20


class Queries(NamedTuple):
    """Some queries, whose items of their identity are ``Gallery.items[starts:stops]``."""

    features: np.ndarray  # (n, D) float32
    margins: np.ndarray  # (n,) how far two scores may be apart and yet in the wrong order; 0: never
    starts: np.ndarray  # (n,)
    stops: np.ndarray  # (n,)
    groups: np.ndarray  # (n,) items of a query's identity and group do not count

    def part(self, rows: slice) -> 'Queries':
        """View some of the queries."""
        return Queries(*(array[rows] for array in self))


class Gallery(NamedTuple):
    """What the queries rank."""

    features: np.ndarray  # (N, D) float32
    items: np.ndarray  # (N,) int64, indices of the items by identity
    groups: np.ndarray  # (N,) int64


def score_block(
    scores: np.ndarray, queries: Queries, gallery: Gallery, per_query: np.ndarray
) -> None:
    """Fill rank of the first match, AP and INP, (n, 3), by scores (n, N), which are overwritten.

    A query without a match is left as it is.
    """
    kernel = _score_block if COMPILED else _score_block_in_numpy
    kernel(scores, queries, gallery, per_query)


@njit(nogil=True, cache=True)
def _score_block(
    scores: np.ndarray, queries: Queries, gallery: Gallery, per_query: np.ndarray
) -> None:
    for row in range(len(scores)):
        same_identity = gallery.items[queries.starts[row] : queries.stops[row]]
        mine = same_identity[gallery.groups[same_identity] != queries.groups[row]]
        if len(mine) == 0:
            continue
        query, margin = queries.features[row], queries.margins[row]
        match_scores = scores[row][mine]
        exact = match_scores.astype(np.float64)
        if margin > 0:
            for j, item in enumerate(mine):
                exact[j] = dot(query, gallery.features[item])
        # What remains in the row are the non-matches.
        scores[row][same_identity] = -np.inf
        precision = 0.0
        rank = 0
        for j, match in enumerate(np.argsort(-exact)):
            ahead = _count_ahead(
                scores[row], match_scores[match], exact[match], margin, query, gallery.features
            )
            rank = j + 1 + ahead
            precision += (j + 1) / rank
            if j == 0:
                per_query[row, 0] = rank
        per_query[row, 1] = precision / len(mine)
        per_query[row, 2] = len(mine) / rank


@njit(nogil=True, cache=True)
def _count_ahead(
    values: np.ndarray,
    score: np.float32,
    exact: float,
    margin: float,
    query: np.ndarray,
    features: np.ndarray,
) -> int:
    """Count the values that reach a score; those near it by the products in float64."""
    low, high = np.float32(score - margin), np.float32(score + margin)
    total = 0
    for left in range(0, len(values), _STRIP):
        right = min(left + _STRIP, len(values))
        # Written for the compiler to vectorize: index loops (eight times as fast as iterating)
        # and counters as wide as the scores (twice as fast as 64 bits).
        sure, possible = np.int32(0), np.int32(0)
        for i in range(left, right):
            sure = np.int32(sure + np.int32(values[i] > high))
            possible = np.int32(possible + np.int32(values[i] >= low))
        total += int(sure)
        if possible == sure:
            continue
        for i in range(left, right):
            if low <= values[i] <= high:
                total += margin == 0 or dot(query, features[i]) >= exact - _TIE * margin
    return total


def _score_block_in_numpy(
    scores: np.ndarray, queries: Queries, gallery: Gallery, per_query: np.ndarray
) -> None:
    for row, values in enumerate(scores):
        same_identity = gallery.items[queries.starts[row] : queries.stops[row]]
        mine = same_identity[gallery.groups[same_identity] != queries.groups[row]]
        if len(mine) == 0:
            continue
        query, margin = queries.features[row].astype(np.float64), queries.margins[row]
        match_scores = values[mine]
        exact = gallery.features[mine] @ query if margin > 0 else match_scores.astype(np.float64)
        values[same_identity] = -np.inf
        order = np.argsort(values)
        values = values[order]
        ranks = []
        for j, match in enumerate(np.argsort(-exact)):
            low, high = (np.float32(match_scores[match] + x) for x in (-margin, margin))
            first, last = np.searchsorted(values, low), np.searchsorted(values, high, side='right')
            near = order[first:last]
            if margin > 0:
                near = near[gallery.features[near] @ query >= exact[match] - _TIE * margin]
            ranks.append(j + 1 + len(values) - last + len(near))
        places = np.arange(1, len(mine) + 1)
        # In the order of the compiled loop, for the same last bit.
        precision = np.cumsum(places / ranks)[-1]
        per_query[row] = ranks[0], precision / len(mine), len(mine) / ranks[-1]
