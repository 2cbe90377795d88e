import numpy as np
import pytest
import torch

from cpcl_mm.kreciprocal import fixed_point
from cpcl_mm.kreciprocal.fixed_point import ONE, fixed_dot, fixed_dots, sum_in_order, to_fixed


def test_dot_is_the_rounded_inner_product():
    features = np.array([[0.5, 0.25, -0.125], [1.0, -0.5, 0.25]], dtype=np.float32)
    assert fixed_dot(*features) == (0.5 - 0.125 - 0.03125) * ONE


@pytest.mark.parametrize(('units', 'rounded'), [(0.4, 0), (0.6, 1), (-0.4, 0), (-0.6, -1)])
def test_dot_rounds_to_the_nearest_unit(units, rounded):
    features = np.array([[1, 0], [units / ONE, 1]], dtype=np.float32)
    assert fixed_dot(*features) == rounded


def test_dot_does_not_depend_on_the_order_of_dimensions():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2, 511)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    values = {
        int(fixed_dot(*np.ascontiguousarray(features[order][:, rng.permutation(511)])))
        for order in [[0, 1], [1, 0]] * 20
    }
    assert len(values) == 1


def test_to_fixed_rounds_to_the_nearest_unit():
    unit = 1 / ONE
    values = np.array([0.0, 1.0, -1.0, 0.4 * unit, 0.6 * unit, -0.6 * unit])
    assert to_fixed(values).tolist() == [0, ONE, -ONE, 0, 1, -1]


def test_many_dots_without_compiled_code_equal_single_ones(monkeypatch):
    monkeypatch.setattr(fixed_point, '_NUMBERS_AT_ONCE', {'cpu': 3 * 5 * 7})
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 7)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    rows, others = rng.integers(0, 40, 11), rng.integers(0, 40, (11, 5))
    expected = [
        [fixed_dot(features[r], features[o]) for o in row]
        for r, row in zip(rows, others, strict=True)
    ]
    tensors = map(torch.from_numpy, (features, rows, others))
    assert fixed_dots(*tensors).tolist() == expected


@pytest.mark.parametrize('length', [0, 1, 2, 3, 7, 512, 513])
def test_a_sum_in_order_does_not_depend_on_what_stands_beside_it(length):
    terms = torch.rand(5, 3, length, dtype=torch.float64)
    sums = sum_in_order(terms)
    torch.testing.assert_close(sums, terms.sum(dim=2))
    assert sum_in_order(terms[4, 2].clone()) == sums[4, 2]
