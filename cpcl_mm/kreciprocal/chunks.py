"""Running a compiled kernel over ranges of rows, on one thread or several."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar('Result')

_CHUNK = 4096


def map_chunks(
    kernel: Callable[[int, int], Result],
    total: int,
    num_threads: int = 1,
) -> list[Result]:
    """Call a kernel on consecutive ranges that cover ``range(total)``.

    Threads are plain Python threads: the kernels release the interpreter lock. They need no
    OpenMP runtime, which does not survive the fork of a data loader's workers.

    Args:
        kernel: Called as ``kernel(start, stop)``.
        total: Number of rows.
        num_threads: Ranges worked on at the same time.

    Returns:
        The results in the order of the ranges, whatever the number of threads.
    """
    size = max(1, min(_CHUNK, -(-total // num_threads)))
    starts = range(0, total, size)
    stops = [min(start + size, total) for start in starts]
    if num_threads == 1 or len(stops) < 2:
        return [kernel(start, stop) for start, stop in zip(starts, stops, strict=True)]
    with ThreadPoolExecutor(num_threads) as pool:
        return list(pool.map(kernel, starts, stops))
