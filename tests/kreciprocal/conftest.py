"""The dense formulation that the sparse one must equal, and features to compare them on."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.cluster import DBSCAN

# The two roundings that pseudo labels are defined with: similarities that agree in 30 fractional
# bits are ties, and a distance this little above eps counts as eps.
SIMILARITY_UNIT = 2.0**-30
TOLERANCE = 2.0**-22


def _similarities(features: np.ndarray) -> np.ndarray:
    """Cosine similarities of all pairs, (N, N), ties made equal."""
    rows = features.astype(np.float64)
    unit = (rows / np.sqrt((rows**2).sum(axis=1, keepdims=True))).astype(np.float32)
    exact = unit.astype(np.float64)
    similarity = np.stack([(exact * row).sum(axis=1) for row in exact])
    return np.floor(similarity / SIMILARITY_UNIT + 0.5) * SIMILARITY_UNIT


def _ranking(similarity: np.ndarray) -> np.ndarray:
    """All samples by similarity, the sample itself first, the smaller index first on a tie."""
    order = similarity.copy()
    np.fill_diagonal(order, np.inf)
    return np.argsort(-order, axis=1, kind='stable')


def _reciprocal(rank: np.ndarray, columns: int) -> np.ndarray:
    """(N, N) bool: j among the first columns of i and i among those of j."""
    near = np.zeros(rank.shape, dtype=bool)
    np.put_along_axis(near, rank[:, :columns], True, axis=1)
    return near & near.T


def _encode(similarity: np.ndarray, rank: np.ndarray, k1: int, columns: int) -> np.ndarray:
    """(N, N) softmax weights over each sample's expanded reciprocal set."""
    full = _reciprocal(rank, columns)
    half = _reciprocal(rank, min(round(k1 / 2) + 1, columns))
    encoding = np.zeros(rank.shape)
    for i, own in enumerate(full):
        expanded = own.copy()
        for j in np.flatnonzero(own):
            if 3 * (half[j] & own).sum() > 2 * half[j].sum():
                expanded |= half[j]
        weight = np.exp(-(2 - 2 * similarity[i])) * expanded
        encoding[i] = weight / weight.sum()
    return encoding


def _jaccard_distances(
    features: np.ndarray, k1: int = 30, k2: int = 6, paper_k1: bool = False
) -> np.ndarray:
    similarity = _similarities(features)
    rank = _ranking(similarity)
    encoding = _encode(similarity, rank, k1, k1 + paper_k1)
    encoding = np.stack([encoding[near[:k2]].mean(axis=0) for near in rank])
    overlap = np.stack([np.minimum(row, encoding).sum(axis=1) for row in encoding])
    return np.maximum(1 - overlap / (2 - overlap), 0)


def _dense_labels(
    features: np.ndarray,
    k1: int = 30,
    k2: int = 6,
    eps: float = 0.6,
    min_samples: int = 4,
    paper_k1: bool = False,
    sample_weights: np.ndarray | None = None,
) -> np.ndarray:
    distances = _jaccard_distances(features, k1, k2, paper_k1)
    model = DBSCAN(eps=eps + TOLERANCE, min_samples=min_samples, metric='precomputed')
    return model.fit_predict(distances, sample_weight=sample_weights)


def _person_features(num_samples: int, dim: int = 16, seed: int = 0) -> np.ndarray:
    """Long-tail identities, look-alike groups and outliers, as a re-ID model gives them."""
    rng = np.random.default_rng(seed)
    num_people = max(1, num_samples // 8)
    looks = rng.normal(size=(max(1, num_people // 4), dim))
    people = 0.6 * looks[rng.integers(0, len(looks), num_people)]
    people = people + rng.normal(size=(num_people, dim))
    share = 1 / np.arange(1, num_people + 1)
    identity = rng.choice(num_people, size=num_samples, p=share / share.sum())
    spread = rng.uniform(0.1, 0.6, num_people)[identity]
    features = people[identity] + spread[:, None] * rng.normal(size=(num_samples, dim))
    lost = rng.random(num_samples) < 0.15
    features[lost] = rng.normal(size=(lost.sum(), dim))
    return features.astype(np.float32)


@pytest.fixture(scope='session')
def dense_distances() -> Callable[..., np.ndarray]:
    """``(features, k1, k2, paper_k1) -> (N, N)`` k-reciprocal Jaccard distances."""
    return _jaccard_distances


@pytest.fixture(scope='session')
def dense_ranking() -> Callable[[np.ndarray], np.ndarray]:
    """``(features) -> (N, N)`` indices of all samples, nearest first."""
    return lambda features: _ranking(_similarities(features))


@pytest.fixture(scope='session')
def dense_labels() -> Callable[..., np.ndarray]:
    """``(features, **settings) -> (N,)`` labels of scikit-learn on the dense distances."""
    return _dense_labels


@pytest.fixture(scope='session')
def person_features() -> Callable[..., np.ndarray]:
    """``(num_samples, dim, seed) -> (num_samples, dim)`` float32 features, not normalized."""
    return _person_features


@pytest.fixture(scope='session')
def tight_groups() -> Callable[..., np.ndarray]:
    """``(num_groups, size, dim, spread) -> (num_groups * size, dim)``, group after group."""

    def make(num_groups: int, size: int, dim: int = 16, spread: float = 0.05) -> np.ndarray:
        rng = np.random.default_rng(0)
        centers = rng.normal(size=(num_groups, dim))
        noise = rng.normal(size=(num_groups * size, dim))
        return np.repeat(centers, size, axis=0) + spread * noise

    return make


@pytest.fixture(scope='session')
def with_duplicates() -> Callable[[np.ndarray], np.ndarray]:
    """``(features) -> features``, up to half of them copies of others."""

    def copy_some(features: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(1)
        copies = rng.integers(0, len(features), len(features) // 2)
        features[rng.permutation(len(features))[: len(copies)]] = features[copies]
        return features

    return copy_some
