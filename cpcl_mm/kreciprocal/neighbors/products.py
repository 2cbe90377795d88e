"""Products of unit vectors, as fast or as exact as wanted, and how far they may be off."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

PRECISIONS = ('float32', 'tf32', 'bfloat16')

# Unit roundoffs: the largest relative error when a number is rounded to a format.
_FLOAT32, _BFLOAT16 = 2.0**-24, 2.0**-8
_TF32 = 2.0**-10  # twice the roundoff: hardware may cut off instead of rounding


class Products:
    """Similarities of blocks of unit vectors.

    Args:
        features (Tensor): (N, D) float32, rows of unit length, on the device to compute on.
        precision (str): ``'float32'``; ``'tf32'``, where the device has it; or ``'bfloat16'``.

    Attributes:
        error (float): No similarity is off by more than this. D float32 additions in any order err
            by at most D roundoffs on unit vectors; eight more cover lengths and comparisons. An
            error d of an operand changes a similarity by its length at most (Cauchy-Schwarz),
            which for bfloat16 is measured; its results are rounded once more.
    """

    def __init__(self, features: Tensor, precision: str = 'float32') -> None:
        self.precision = precision
        self.operand = features
        operand_error = result_error = 0.0
        if precision == 'tf32':
            operand_error = _TF32
        elif precision == 'bfloat16':
            self.operand = features.bfloat16()
            operand_error = _largest_length(features, self.operand)
            result_error = 2 * _BFLOAT16
        self.error = (
            operand_error * (2 + operand_error) + result_error + (features.shape[1] + 8) * _FLOAT32
        )

    def multiply(self, rows: Tensor, columns: Tensor, out: Tensor) -> None:
        """Fill ``out`` (n, m), float32, with similarities of some rows of ``operand``."""
        if out.dtype == self.operand.dtype:
            torch.mm(rows, columns.T, out=out)
        else:
            out.copy_(torch.mm(rows, columns.T))

    @contextmanager
    def precise(self) -> Iterator[None]:
        """Keep products as precise as stated: a training script may have allowed less."""
        matmul = torch.backends.cuda.matmul
        before = torch.get_float32_matmul_precision()
        reduced = matmul.allow_bf16_reduced_precision_reduction
        torch.set_float32_matmul_precision('high' if self.precision == 'tf32' else 'highest')
        matmul.allow_bf16_reduced_precision_reduction = False
        try:
            yield
        finally:
            torch.set_float32_matmul_precision(before)
            matmul.allow_bf16_reduced_precision_reduction = reduced


def _largest_length(features: Tensor, rounded: Tensor) -> float:
    """Give the length of the longest row of ``features - rounded``."""
    parts = zip(features.split(4096), rounded.split(4096), strict=True)
    return max((float((x - y.float()).norm(dim=1).max()) for x, y in parts), default=0.0)
