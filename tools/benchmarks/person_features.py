"""Features that are made up and as hard to cluster as those of a trained model."""

import numpy as np

LOOK_ALIKES = 4
LOOK_WEIGHT = 1.0
SPREAD = (0.8, 2.4)
OUTLIERS = 0.15
_CHUNK = 4096


def person_features(
    identities: np.ndarray, dims: int, seed: int = 0, item_seed: int = 0, decay: float = 0.75
) -> np.ndarray:
    """Draw a feature for each image or caption of some people.

    Groups of people look alike, each person is seen with a spread of their own, and 15 % of the
    items have nothing of their person, so that clusters touch and outliers remain, as with real
    features. Features that are far apart would make clustering look faster than it is. As in
    features of trained encoders, a few directions hold most of the variance.

    Args:
        identities (np.ndarray): Int (N,), the person of each item, from 0.
        dims (int): Length D of a feature.
        seed (int): Of the people.
        item_seed (int): Of the items: images and captions of the same people differ in it alone.
        decay (float): The variance of direction i is proportional to i^-decay; 0 makes all
            directions alike, which no trained encoder does.

    Returns:
        np.ndarray: Float32 (N, D), L2-normalized.
    """
    people, spread = _draw_people(int(identities.max(initial=-1)) + 1, dims, seed)
    scale = np.arange(1, dims + 1, dtype=np.float32) ** (-decay / 2)
    rng = np.random.default_rng([seed, item_seed])
    features = np.empty((len(identities), dims), dtype=np.float32)
    # In chunks: whole temporaries would triple the memory.
    for start in range(0, len(identities), _CHUNK):
        person = identities[start : start + _CHUNK]
        noise = rng.standard_normal((len(person), dims), dtype=np.float32)
        seen = people[person] + spread[person, None] * noise
        lost = rng.random(len(person)) < OUTLIERS
        seen[lost] = noise[lost]
        seen *= scale
        features[start : start + _CHUNK] = seen / np.linalg.norm(seen, axis=1, keepdims=True)
    return features


def _draw_people(number: int, dims: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the mean feature of each person, (number, D), and their spread, (number,)."""
    rng = np.random.default_rng(seed)
    looks = rng.standard_normal((-(-number // LOOK_ALIKES), dims), dtype=np.float32)
    own = rng.standard_normal((number, dims), dtype=np.float32)
    people = own + LOOK_WEIGHT * looks[rng.permutation(number) // LOOK_ALIKES]
    return people, rng.uniform(*SPREAD, number).astype(np.float32)
