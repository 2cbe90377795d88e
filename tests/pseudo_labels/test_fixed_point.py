import numpy as np
import pytest

from cpcl_mm.pseudo_labels.fixed_point import ONE, fixed_dot, to_fixed


def test_dot_is_the_rounded_inner_product():
    features = np.array([[0.5, 0.25, -0.125], [1.0, -0.5, 0.25]], dtype=np.float32)
    assert fixed_dot(features, 0, 1) == (0.5 - 0.125 - 0.03125) * ONE


@pytest.mark.parametrize(('units', 'rounded'), [(0.4, 0), (0.6, 1), (-0.4, 0), (-0.6, -1)])
def test_dot_rounds_to_the_nearest_unit(units, rounded):
    features = np.array([[1, 0], [units / ONE, 1]], dtype=np.float32)
    assert fixed_dot(features, 0, 1) == rounded


def test_dot_does_not_depend_on_the_order_of_dimensions():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2, 511)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    values = {
        int(fixed_dot(np.ascontiguousarray(features[:, rng.permutation(511)]), a, b))
        for a, b in [(0, 1), (1, 0)] * 20
    }
    assert len(values) == 1


def test_to_fixed_rounds_to_the_nearest_unit():
    unit = 1 / ONE
    values = np.array([0.0, 1.0, -1.0, 0.4 * unit, 0.6 * unit, -0.6 * unit])
    assert to_fixed(values).tolist() == [0, ONE, -ONE, 0, 1, -1]
