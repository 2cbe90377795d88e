"""The loops in PyTorch give what the compiled ones give."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cpcl_mm.kreciprocal import jaccard_compiled, jaccard_torch
from cpcl_mm.kreciprocal.features import normalize
from cpcl_mm.kreciprocal.neighbors import nearest_neighbors


def as_dicts(rows):
    """The non-zeros of each row, by column."""
    start, columns, values = (np.asarray(part) for part in rows[:3])
    parts = [slice(*bounds) for bounds in zip(start[:-1], start[1:], strict=True)]
    return [dict(zip(columns[part].tolist(), values[part].tolist(), strict=True)) for part in parts]


def all_steps(loops, features, neighbors, k1, k2, rows, least):
    """V, W, its transpose and some overlaps, row by row."""
    half = min(round(k1 / 2) + 1, neighbors.shape[1])
    encodings = loops.encode(neighbors, features, half, range(len(neighbors)))
    means = loops.average(neighbors, k2, encodings)
    holders = loops.transpose(means)
    overlaps = loops.find_overlaps(rows, means, holders, least)
    return [as_dicts(step) for step in (encodings, means, holders, overlaps)]


def assert_same(features, k1, k2, rows, least):
    features = normalize(features)
    neighbors = nearest_neighbors(features, k1).numpy()
    settings = (k1, k2, rows, least)
    expected = all_steps(jaccard_compiled, features, neighbors, *settings)
    tensors = map(torch.from_numpy, (features, neighbors))
    assert all_steps(jaccard_torch, *tensors, *settings) == expected


@pytest.mark.parametrize(('k1', 'k2'), [(30, 6), (20, 1), (5, 5), (1, 1)])
def test_long_tail_and_look_alikes(person_features, k1, k2):
    assert_same(person_features(400), k1, k2, range(400), least=1 << 28)


def test_many_parts(monkeypatch, person_features):
    monkeypatch.setattr(jaccard_torch, '_ROWS_AT_ONCE', 33)
    monkeypatch.setattr(jaccard_torch, '_PAIRS_AT_ONCE', {'cpu': 500})
    assert_same(person_features(200), 12, 4, range(20, 170), least=1 << 28)


def test_one_row_at_a_time(monkeypatch, person_features):
    monkeypatch.setattr(jaccard_torch, '_CELLS_AT_ONCE', {'cpu': 1})
    assert_same(person_features(60), 12, 4, range(3, 50), least=1 << 28)


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
