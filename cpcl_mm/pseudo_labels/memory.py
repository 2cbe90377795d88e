"""How much memory clustering takes, known before it begins.

For N samples of D dimensions, k neighbours and W ranks, a process takes at its peak, in bytes,

    N (4 D + 4 k + max((2 D if bfloat16) + (8 C + 4 k) / W, 84 k)) + 96 MiB

beyond the features it is given: their normalised copy and the table of neighbours, and either the
neighbour search or what follows it on the main rank.

- The search keeps C candidates of 8 bytes for each row of a rank's share, C = 2 k + 64 (4 k + 64
  where the product is not float32), and the table of that share.
- What follows holds a second table, and the encodings before and after averaging: k and 2 k
  non-zeros a row, of 8 bytes, are seldom exceeded (with k = 30, 6 to 14 and 22 to 47 were seen).
  The averaged ones are held three times: in parts, joined, and transposed.
- The constant covers tiles, blocks and parts of the graph. Memory of a GPU is not counted.

No term grows with N^2. Features that have collapsed to one point can take more, for then every
sample is close to every other.
"""

from mmengine.dist import get_world_size

from .neighbours import num_slots

_GIB = 2**30
_CONSTANT = 96 * 2**20


def estimate_memory(num_samples: int, dim: int, k: int, precision: str = 'float32') -> int:
    """Estimate the peak memory of clustering beyond the features that it is given.

    Args:
        num_samples: Number of samples N.
        dim: Length of a feature D.
        k: Neighbours per sample, the sample itself included.
        precision: Of the products of the neighbour search.

    Returns:
        Bytes of a process of this run.
    """
    k = min(k, num_samples)
    search = (8 * num_slots(k - 1, num_samples, precision) + 4 * k) / get_world_size()
    if precision == 'bfloat16':
        search += 2 * dim
    rest = 4 * k + 8 * (2 * k + 4 * 2 * k)
    return int(num_samples * (4 * dim + 4 * k + max(search, rest))) + _CONSTANT


def check_memory(shape: tuple[int, ...], k: int, precision: str, limit: float | None) -> None:
    """Refuse work that would take too much memory.

    Args:
        shape: (N, D) of the features; another number of dimensions is left to later checks.
        k: Neighbours per sample, the sample itself included.
        precision: Of the products of the neighbour search.
        limit: In GiB; None sets none.

    Raises:
        ValueError: If the estimate is above the limit; says by how much.
    """
    if limit is None or len(shape) != 2:
        return
    need = estimate_memory(shape[0], shape[1], k, precision) / _GIB
    if need > limit:
        raise ValueError(
            f'clustering {shape[0]} samples of {shape[1]} dimensions with {k} neighbours needs '
            f'about {need:.2f} GiB beyond the features, more than memory_limit={limit} GiB: raise '
            'the limit if the machine has more, or lower k1.'
        )
