"""Long work in parts: on several threads, and with a bar that shows how far it is."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mmengine.dist import is_main_process
from tqdm import tqdm

Result = TypeVar('Result')
Item = TypeVar('Item')

_CHUNK = 4096


def map_chunks(
    kernel: Callable[[int, int], Result], total: int, num_threads: int = 1
) -> list[Result]:
    """Call ``kernel(start, stop)`` on ranges that cover ``range(total)``; give results in order.

    Threads are plain Python threads: the kernels release the interpreter lock. They need no
    OpenMP runtime, which does not survive the fork of a data loader's workers.
    """
    size = max(1, min(_CHUNK, -(-total // num_threads)))
    starts = range(0, total, size)
    stops = [min(start + size, total) for start in starts]
    if num_threads == 1 or len(stops) < 2:
        return list(map(kernel, starts, stops))
    with ThreadPoolExecutor(num_threads) as pool:
        return list(pool.map(kernel, starts, stops))


def progress(items: Iterable[Item], stage: str) -> Iterable[Item]:
    """Pass items on and show a bar: after two seconds, on the main rank, on a terminal."""
    disable = None if is_main_process() else True
    return tqdm(items, stage, delay=2, leave=False, disable=disable)
