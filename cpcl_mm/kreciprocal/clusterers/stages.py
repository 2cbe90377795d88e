"""Seconds of the stages of a clusterer."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar('Item')


@contextmanager
def timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Add up how long a stage takes."""
    start = time.perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - start


def timed_items(items: Iterable[Item], seconds: dict[str, float], stage: str) -> Iterator[Item]:
    """Pass on what a stage yields and add up how long it takes to make it."""
    iterator = iter(items)
    seconds.setdefault(stage, 0.0)
    while True:
        with timed(seconds, stage):
            item = next(iterator, None)
        if item is None:
            return
        yield item
