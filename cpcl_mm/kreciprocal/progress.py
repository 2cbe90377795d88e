"""Progress bars of long stages."""

from collections.abc import Iterable
from typing import TypeVar

from mmengine.dist import is_main_process
from tqdm import tqdm

Item = TypeVar('Item')


def progress(items: Iterable[Item], stage: str, total: int | None = None) -> Iterable[Item]:
    """Pass items on and show a bar: after two seconds, on the main rank, on a terminal."""
    disable = None if is_main_process() else True
    return tqdm(items, stage, total=total, delay=2, leave=False, disable=disable)
