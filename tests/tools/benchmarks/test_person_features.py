import numpy as np
import pytest
from person_features import person_features

from cpcl_mm.kreciprocal import JaccardDBSCAN

# Three images a person.
PEOPLE = np.arange(600) // 3


def test_features_have_unit_length_and_the_size_that_is_asked_for():
    features = person_features(PEOPLE, 32)
    assert features.shape == (600, 32)
    assert features.dtype == np.float32
    assert np.linalg.norm(features, axis=1) == pytest.approx(np.ones(600), abs=1e-5)


def test_seeds_say_which_people_and_which_items():
    first, again = person_features(PEOPLE, 32), person_features(PEOPLE, 32)
    assert np.array_equal(first, again)
    captions = person_features(PEOPLE, 32, item_seed=1)
    strangers = person_features(PEOPLE, 32, seed=1)
    same, other = ((first * features).sum(1).mean() for features in (captions, strangers))
    assert same > 0.3
    assert abs(other) < 0.05


def test_clusters_are_neither_perfect_nor_hopeless():
    result = JaccardDBSCAN(k1=15, k2=3, eps=0.6, min_samples=2)(person_features(PEOPLE, 64))
    assert 0.2 * 200 < result.num_clusters < 200
    assert 0.05 * 600 < result.num_outliers < 0.7 * 600


def test_some_items_have_nothing_of_their_person():
    features = person_features(np.zeros(2000, dtype=np.int64), 256)
    mean = features.mean(0)
    likeness = features @ mean / np.linalg.norm(mean)
    assert 0.12 < (likeness < 0.25).mean() < 0.18


def test_no_item_at_all():
    assert person_features(np.zeros(0, dtype=np.int64), 8).shape == (0, 8)
