"""A better order than that of the cosine alone, at the price of some time for every query.

It uses that images of one person resemble each other more than a sentence resembles any image. It
sees features only: queries may be sentences, images or mixtures.
"""

from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.special import softmax

from cpcl_mm.kreciprocal.jaccard import mean_encodings
from cpcl_mm.kreciprocal.neighbors import nearest_neighbors

from .gallery import Gallery
from .vector_index import Neighbors

# Ranks a gallery by L2-normalized queries (Q, D), as Gallery.search does.
Ranker = Callable[[Gallery, np.ndarray, int], Neighbors]


class KReciprocal:
    """Orders the best candidates of a query by whether they have the same neighbors as it.

    The k-reciprocal re-ranking of Zhong et al. (CVPR 2017, arXiv:1701.08398) among the candidates,
    on sparse encodings. Whether a sentence is a neighbor of an image cannot be told from features
    of two kinds, so all nearest images of a query count as reciprocal; among the images themselves
    the paper's rule holds. The score is ``weight cos + (1 - weight) (1 - Jaccard distance)``.

    Args:
        k1 (int): Neighbors that reciprocity looks at, the image itself included. About as many as
            a person has images. Defaults to 8.
        k2 (int): Neighbors over which encodings are averaged; 1 turns it off. Defaults to 3.
        weight (float): Of the cosine, in [0, 1]. Defaults to 0.5.
        candidates (int): How many of the best images are put in a new order; time grows with the
            square. Defaults to 500.

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(
        self, k1: int = 8, k2: int = 3, weight: float = 0.5, candidates: int = 500
    ) -> None:
        if not 1 <= k2 <= k1 <= candidates or not 0 <= weight <= 1:
            raise ValueError(
                f'k-reciprocal re-ranking needs 1 <= k2 <= k1 <= candidates and a weight in '
                f'[0, 1], not k2={k2}, k1={k1}, candidates={candidates}, weight={weight}'
            )
        self.k1 = k1
        self.k2 = k2
        self.weight = weight
        self.candidates = candidates

    def __call__(self, gallery: Gallery, queries: np.ndarray, topk: int) -> Neighbors:
        """Rank, see :meth:`Gallery.search <cpcl_mm.search.Gallery.search>`."""
        cosines, rows = gallery.search(queries, max(topk, self.candidates))
        order = np.argsort(rows, axis=1)
        cosines, rows = (np.take_along_axis(array, order, axis=1) for array in (cosines, rows))
        # Where all images are candidates, all queries share the encodings.
        shared = self._encode(gallery.features) if rows.shape[1] == len(gallery) else None
        scores = np.stack(
            [
                self._score(
                    cosine, self._encode(gallery.features[row]) if shared is None else shared
                )
                for cosine, row in zip(cosines, rows, strict=True)
            ]
        )
        best = np.lexsort((-cosines, -scores))[:, :topk]
        return np.take_along_axis(scores, best, axis=1), np.take_along_axis(rows, best, axis=1)

    def _encode(self, features: np.ndarray) -> sparse.csr_matrix:
        """Encode candidates (M, D) by the neighbors that they have among each other, (M, M)."""
        # A copy: torch warns of arrays that cannot be written to, as those of a gallery.
        features = np.array(features)
        # Named, since there is nothing to log about, and no gain from a GPU at this size.
        neighbors = nearest_neighbors(features, self.k1, backend='cpu')
        return mean_encodings(features, neighbors.numpy(), self.k1, self.k2)

    def _score(self, cosines: np.ndarray, images: sparse.csr_matrix) -> np.ndarray:
        """Score the candidates of one query by cosines (M,) and encodings (M, M)."""
        nearest = np.argsort(-cosines, kind='stable')[: self.k1]
        query = np.zeros(len(cosines), dtype=np.float32)
        query[nearest] = softmax(2 * cosines[nearest])
        near = images[nearest[: self.k2 - 1]]
        query = (query + near.sum(axis=0).A1) / (1 + near.shape[0])
        # For each image the sum over c of the smaller one of images[i, c] and query[c].
        smaller = images.copy()
        smaller.data = np.minimum(images.data, query[images.indices])
        overlap = smaller.sum(axis=1).A1
        return self.weight * cosines + (1 - self.weight) * overlap / (2 - overlap)
