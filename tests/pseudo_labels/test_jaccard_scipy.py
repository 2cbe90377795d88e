"""The loops without a compiler give what the compiled ones give."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpcl_mm.pseudo_labels import jaccard_compiled, jaccard_scipy
from cpcl_mm.pseudo_labels.features import normalise
from cpcl_mm.pseudo_labels.neighbours import nearest_neighbours
from cpcl_mm.pseudo_labels.sparse_rows import transpose


def as_dicts(rows):
    """The non-zeros of each row, by column."""
    parts = [slice(*bounds) for bounds in zip(rows.start[:-1], rows.start[1:], strict=True)]
    return [
        dict(zip(rows.columns[part].tolist(), rows.values[part].tolist(), strict=True))
        for part in parts
    ]


def all_steps(loops, features, k1, k2, rows, least):
    """V, W and some overlaps."""
    neighbours = nearest_neighbours(features, k1)
    half = min(round(k1 / 2) + 1, neighbours.shape[1])
    encodings = loops.encode(neighbours, features, half)
    means = loops.average(neighbours, k2, encodings)
    return encodings, means, loops.find_overlaps(rows, means, transpose(means), least)


def assert_same(features, k1, k2, rows, least):
    features = normalise(features)
    expected = all_steps(jaccard_compiled, features, k1, k2, rows, least)
    found = all_steps(jaccard_scipy, features, k1, k2, rows, least)
    for one, other in zip(expected, found, strict=True):
        assert [row.keys() for row in as_dicts(one)] == [row.keys() for row in as_dicts(other)]
        for left, right in zip(as_dicts(one), as_dicts(other), strict=True):
            # The order of a sum in float64 may move a weight by one unit.
            assert all(abs(left[column] - right[column]) <= 2 * k1 for column in left)


@pytest.mark.parametrize(('k1', 'k2'), [(30, 6), (20, 1), (5, 5), (1, 1)])
def test_long_tail_and_look_alikes(person_features, k1, k2):
    assert_same(person_features(400), k1, k2, range(400), least=1 << 28)


def test_many_parts(monkeypatch, person_features):
    monkeypatch.setattr(jaccard_scipy, '_ROWS_AT_ONCE', 33)
    monkeypatch.setattr(jaccard_scipy, '_PAIRS_AT_ONCE', 500)
    assert_same(person_features(200), 12, 4, range(20, 170), least=1 << 28)


def test_all_samples_are_one_point():
    assert_same(np.ones((60, 3)), 10, 3, range(60), least=1 << 20)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(data=st.data())
def test_anything(person_features, data):
    size = data.draw(st.integers(1, 80), label='samples')
    features = person_features(size, 6, data.draw(st.integers(0, 1000), label='seed'))
    if data.draw(st.booleans(), label='duplicates'):
        features = features[np.random.default_rng(0).integers(0, size, size)]
    k1 = data.draw(st.integers(1, 30), label='k1')
    k2 = data.draw(st.integers(1, k1), label='k2')
    assert_same(features, k1, k2, range(size), least=1 << 27)
