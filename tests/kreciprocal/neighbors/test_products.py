import numpy as np
import pytest
import torch

from cpcl_mm.kreciprocal.features import normalize
from cpcl_mm.kreciprocal.neighbors.products import PRECISIONS, Products


@pytest.mark.parametrize('precision', PRECISIONS)
@pytest.mark.parametrize('dim', [1, 3, 512])
def test_no_similarity_is_off_by_more_than_stated(person_features, precision, dim):
    features = normalize(person_features(300, dim))
    exact = features.astype(np.float64) @ features.astype(np.float64).T
    products = Products(torch.from_numpy(features), precision)
    found = torch.empty(300, 300)
    with products.precise():
        products.multiply(products.operand, products.operand, found)
    error = np.abs(found.numpy() - exact).max()
    assert error <= products.error
    assert products.error < (1e-4 if precision == 'float32' else 0.03)


def test_bfloat16_errs_visibly_and_its_bound_is_measured(person_features):
    features = torch.from_numpy(normalize(person_features(200, 64)))
    rounding = (features - features.bfloat16().float()).norm(dim=1).max().item()
    assert 1e-4 < rounding < 2**-8
    error = Products(features, 'bfloat16').error
    assert error == pytest.approx(rounding * (2 + rounding) + 2**-7 + 72 * 2**-24)


@pytest.mark.parametrize(
    ('precision', 'expected'), [('float32', 'highest'), ('tf32', 'high'), ('bfloat16', 'highest')]
)
def test_a_lower_precision_is_set_aside_and_put_back(precision, expected):
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision('medium')
    try:
        with pytest.raises(ZeroDivisionError), Products(torch.eye(2), precision).precise():
            during = torch.get_float32_matmul_precision()
            reduced = torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction
            raise ZeroDivisionError
        after = torch.get_float32_matmul_precision()
    finally:
        torch.set_float32_matmul_precision(before)
    assert (during, reduced, after) == (expected, False, 'medium')
    assert torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction
