"""Work that takes long, one piece after the other."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from starlette.exceptions import HTTPException

P = ParamSpec('P')
T = TypeVar('T')


class Worker:
    """Runs one piece of work at a time in a thread, so that the event loop goes on meanwhile.

    Two searches at once would take twice the memory and be no faster. The thread is always the
    same: torch keeps a pool of helpers for every thread that it is called from.

    Args:
        max_waiting (int): Pieces that may wait; more are refused, for whoever would wait that long
            has left. Defaults to 200.
    """

    def __init__(self, max_waiting: int = 200) -> None:
        self.max_waiting = max_waiting
        self._waiting = 0
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix='page')

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function when those before it have finished.

        Args:
            work (Callable): The function.
            *args: Its arguments.
            **kwargs: Its keyword arguments.

        Returns:
            T: What it returns; what it raises is raised here.

        Raises:
            HTTPException: 503 if too many are waiting.
        """
        if self._waiting >= self.max_waiting:
            raise HTTPException(
                503,
                f'{self._waiting} searches are waiting already: please try again in a moment.',
                {'Retry-After': '5'},
            )
        self._waiting += 1
        try:
            return await asyncio.wrap_future(self._pool.submit(work, *args, **kwargs))
        finally:
            self._waiting -= 1
