import numpy as np
import pytest
import torch

from cpcl_mm.kreciprocal.features import normalize, normalize_on


def test_rows_get_unit_length_and_the_input_stays():
    features = np.array([[3.0, 4.0], [0.0, -2.0]], dtype=np.float32)
    before = features.copy()
    np.testing.assert_allclose(normalize(features), [[0.6, 0.8], [0.0, -1.0]], rtol=1e-7)
    np.testing.assert_array_equal(features, before)


@pytest.mark.parametrize('dtype', [np.float16, np.float32, np.float64, np.int32])
def test_every_number_type_gives_contiguous_float32(dtype):
    features = np.asfortranarray(np.arange(1, 13).reshape(4, 3).astype(dtype))
    unit = normalize(features)
    assert unit.dtype == np.float32
    assert unit.flags.c_contiguous
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_tensors_with_gradients_are_taken(dtype):
    features = torch.tensor([[3.0, 4.0]], dtype=dtype, requires_grad=True)
    np.testing.assert_allclose(normalize(features), [[0.6, 0.8]], rtol=1e-7)


def test_huge_and_tiny_values_do_not_overflow():
    features = np.array([[3e30, 4e30], [3e-30, 4e-30]], dtype=np.float32)
    np.testing.assert_allclose(normalize(features), [[0.6, 0.8]] * 2, rtol=1e-6)


def test_equal_rows_stay_equal_wherever_they_stand():
    row = np.random.default_rng(0).normal(size=513).astype(np.float32)
    unit = normalize(np.tile(row, (4200, 1)))
    assert (unit == unit[0]).all()


def test_no_rows_are_fine():
    assert normalize(np.empty((0, 7))).shape == (0, 7)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_rows_that_are_not_finite_are_counted_and_named(value):
    features = np.ones((5000, 3), dtype=np.float32)
    features[[2, 17, 4500], [0, 1, 2]] = value
    with pytest.raises(
        ValueError, match='3 of the 5000 features are not finite: row 2, row 17, row 4500; '
    ):
        normalize(features)


def test_zero_rows_are_counted_and_the_first_are_named():
    features = np.zeros((8, 3), dtype=np.float32)
    features[0] = 1
    with pytest.raises(
        ValueError, match='7 of the 8 .* all zero: row 1, row 2, row 3 and 4 more; '
    ):
        normalize(features)


@pytest.mark.parametrize('shape', [(), (4,), (2, 3, 4)])
def test_anything_but_a_matrix_is_an_error(shape):
    with pytest.raises(ValueError, match='must be a matrix'):
        normalize(np.ones(shape))


def test_tensors_are_normalized_where_they_are_to_be():
    features = torch.rand(5000, 7, dtype=torch.float16) + 1
    unit = normalize_on(features, torch.device('cpu'))
    assert (unit.dtype, unit.device.type, unit.is_contiguous()) == (torch.float32, 'cpu', True)
    np.testing.assert_array_equal(unit.numpy(), normalize(features.numpy()))


def test_rows_are_called_what_the_caller_calls_them():
    with pytest.raises(ValueError, match='1 of the 2 images are all zero: b; such a feature'):
        normalize(np.array([[1], [0]]), 'images', 'ab'.__getitem__)
