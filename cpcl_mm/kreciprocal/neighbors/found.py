"""What a search found, alone or together with other ranks."""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

from cpcl_mm.utils.sharing import gather_shares, share_of_rank, together


class Neighbors(NamedTuple):
    """What a search found."""

    table: Tensor  # (N, min(k, N)) int32, nearest first, each point its own first
    recall: float | None  # estimated share of the true neighbors in it; None if all are


def for_all_rows(search: Callable[[range], Tensor], total: int, shared: bool) -> Tensor:
    """Search all rows, or the share of this rank and join the shares.

    Args:
        search: Gives a table for a range of rows; it must not communicate.
        total: Number of rows N.
        shared: Whether the other ranks call, too.

    Returns:
        (N, ...); on the CPU if ``shared``.
    """
    if not shared:
        return search(range(total))
    share = share_of_rank(total)
    return gather_shares(together(lambda: search(share)), total)
