"""Work that takes long, one piece after the other."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec('P')
T = TypeVar('T')


class Worker:
    """Runs one piece of work at a time in a thread, so that the event loop goes on meanwhile.

    Two searches at once would take twice the memory and be no faster. The thread is always the
    same: torch keeps a pool of helpers for every thread that it is called from.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix='page')

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function when those before it have finished.

        Args:
            work (Callable): The function.
            *args: Its arguments.
            **kwargs: Its keyword arguments.

        Returns:
            T: What it returns; what it raises is raised here.
        """
        return await asyncio.wrap_future(self._pool.submit(work, *args, **kwargs))
