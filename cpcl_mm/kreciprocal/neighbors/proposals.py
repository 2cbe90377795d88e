"""What backends hand to the common last step."""

from dataclasses import dataclass

import torch
from torch import Tensor

CROWDED = 0
"""In the place of a number of candidates: there are more than a backend could keep."""


@dataclass(frozen=True)
class Proposals:
    """Candidates for the nearest neighbors of some rows; the true ones are among them.

    Tensors of one device, that of the features.

    Attributes:
        rows: (n,) int64, the rows.
        index: (n, C) integers, their candidates in any order; a row itself may be one of them.
        used: (n,) int32, how many of the C slots count; ``CROWDED`` where no choice could be made.
    """

    rows: Tensor
    index: Tensor
    used: Tensor


def choose_close(
    rows: Tensor, values: Tensor, index: Tensor, keep: int, error: float, total: int
) -> Proposals:
    """Make proposals of the best similarities of each row.

    Args:
        rows: (n,) the rows.
        values: (n, C) float32 similarities, descending; the row itself is expected among them.
        index: (n, C) what they belong to.
        keep: Neighbors wanted beside the row itself, fewer than C.
        error: How far a similarity may be off.
        total: Number of all rows N.

    Returns:
        Whatever may be among the ``keep`` best. Two similarities may change places if they are
        within twice the error.
    """
    limit = values[:, keep : keep + 1].double() - 2 * error
    used = (values >= limit).sum(dim=1, dtype=torch.int32)
    if values.shape[1] < total:
        used[used == values.shape[1]] = CROWDED
    return Proposals(rows, index, used)


def num_slots(keep: int, total: int, precision: str = 'float32') -> int:
    """Candidates to keep room for: more for products whose error is larger."""
    return min((2 if precision == 'float32' else 4) * keep + 64, total)
