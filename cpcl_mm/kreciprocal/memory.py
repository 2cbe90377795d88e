"""How much memory clustering takes, known before it begins.

For N samples of D dimensions, k neighbors and W ranks, a process takes at its peak, in bytes,

    N (4 D + 4 k + max(S + 4 k / W, 84 k)) + 96 MiB
    S = (2 D if bfloat16) + 8 C / W, or 4 D if the search is approximate

beyond the features it is given: their normalized copy and the table of neighbors, and either the
neighbor search or what follows it on the main rank.

- The search keeps C candidates of 8 bytes for each row of a rank's share, C = 2 k + 64 (4 k + 64
  where the product is not float32), and the table of that share. An approximate one keeps all
  features in half precision, in lists of which up to half is empty.
- What follows holds a second table, and the encodings before and after averaging: k and 2 k
  non-zeros a row, of 8 bytes, are seldom exceeded (with k = 30, 6 to 14 and 22 to 47 were seen).
  The averaged ones are held three times: in parts, joined, and transposed.
- The constant covers tiles, blocks and parts of the graph. Memory of a GPU is not counted, nor
  what :class:`.JaccardHDBSCAN` takes for its graph.

No term grows with N^2. Features that have collapsed to one point can take more, for then every
sample is close to every other.
"""

from mmengine.dist import get_world_size

from .neighbors import num_slots

_GIB = 2**30
_CONSTANT = 96 * 2**20


def estimate_memory(
    num_samples: int, dim: int, k: int, precision: str = 'float32', approximate: bool = False
) -> int:
    """Estimate the peak memory of clustering beyond the features that it is given.

    Args:
        num_samples: Number of samples N.
        dim: Length of a feature D.
        k: Neighbors per sample, the sample itself included.
        precision: Of the products of the neighbor search.
        approximate: Whether that search is approximate.

    Returns:
        Bytes of a process of this run.
    """
    k = min(k, num_samples)
    search = 4 * k / get_world_size()
    if approximate:
        search += 4 * dim
    else:
        search += 8 * num_slots(k - 1, num_samples, precision) / get_world_size()
        search += 2 * dim * (precision == 'bfloat16')
    rest = 4 * k + 8 * (2 * k + 4 * 2 * k)
    return int(num_samples * (4 * dim + 4 * k + max(search, rest))) + _CONSTANT


def check_memory(
    shape: tuple[int, ...], k: int, precision: str, limit: float | None, approximate: bool = False
) -> None:
    """Refuse work that would take too much memory.

    Args:
        shape: (N, D) of the features; another number of dimensions is left to later checks.
        k: Neighbors per sample, the sample itself included.
        precision: Of the products of the neighbor search.
        limit: In GiB; None sets none.
        approximate: Whether the search is approximate.

    Raises:
        ValueError: If the estimate is above the limit; says by how much.
    """
    if limit is None or len(shape) != 2:
        return
    need = estimate_memory(shape[0], shape[1], k, precision, approximate) / _GIB
    if need > limit:
        raise ValueError(
            f'clustering {shape[0]} samples of {shape[1]} dimensions with {k} neighbors needs '
            f'about {need:.2f} GiB beyond the features, more than memory_limit={limit} GiB: raise '
            'the limit if the machine has more, or lower k1.'
        )
