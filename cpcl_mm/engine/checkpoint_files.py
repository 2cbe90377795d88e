"""Files of checkpoints: written whole, removed last, and found again."""

import logging
import re
import zipfile
from collections.abc import Iterator
from math import inf
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend
from mmengine.logging import print_log

from cpcl_mm.utils.whole_file import whole_file

BACKEND = 'whole_files'


@register_backend(BACKEND)
class WholeFileBackend(LocalBackend):
    """mmengine's local files, written whole or not at all, and removed last.

    ``outdated`` holds what :meth:`remove` was asked to remove and is still there.
    """

    def __init__(self) -> None:
        self.outdated: list[Path] = []

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write a file, see :func:`~cpcl_mm.utils.whole_file.whole_file`."""
        with whole_file(Path(filepath)) as unfinished:
            unfinished.write_bytes(obj)

    def remove(self, filepath: str | Path) -> None:
        """Remember a file, to be removed by :meth:`remove_outdated`."""
        self.outdated.append(Path(filepath))

    def remove_outdated(self) -> None:
        """Remove what :meth:`remove` was asked for, now that what follows it is written."""
        while self.outdated:
            self.outdated.pop(0).unlink(missing_ok=True)


_NUMBERED = re.compile(r'(epoch|iter)_(\d+)\.pth')
_OLD_FORMAT = b'\x80'
# mmengine's file, which holds the path of the last checkpoint.
LAST_CHECKPOINT = 'last_checkpoint'


def latest_whole_checkpoint(folder: Path) -> Path | None:
    """Find the last checkpoint of a work directory that is neither cut nor damaged.

    The one that mmengine's file ``last_checkpoint`` names is taken by its name from this folder,
    which may have been moved or copied since; else the highest number counts. The log names those
    passed over.

    Raises:
        ValueError: If there are checkpoints, and none is whole.
    """
    damaged: list[Path] = []
    for path in _newest_first(folder):
        if is_whole(path):
            if damaged:
                names = ', '.join(str(bad) for bad in damaged)
                print_log(
                    f'{names} is cut or damaged: going on from the last whole checkpoint, {path}.',
                    logger='current',
                    level=logging.WARNING,
                )
            return path
        damaged.append(path)
    if damaged:
        raise ValueError(
            f'no checkpoint in {folder} is whole: {", ".join(path.name for path in damaged)} are '
            'cut or damaged. Start without --resume, or name a checkpoint elsewhere'
        )
    return None


def is_whole(path: Path) -> bool:
    """Tell whether a checkpoint that ``torch.save`` wrote is complete: its check sums are right.

    The format before torch 1.6, which has no check sums, is held to be whole.
    """
    try:
        with path.open('rb') as file:
            if file.read(1) == _OLD_FORMAT:
                return True
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, EOFError, OSError):
        return False


def _newest_first(folder: Path) -> Iterator[Path]:
    """Yield the checkpoints, those that are newer than the last one left out."""
    numbers = {
        path: int(found[2])
        for path in folder.glob('*.pth')
        if (found := _NUMBERED.fullmatch(path.name))
    }
    last = _named_last(folder)
    limit = inf
    if last is not None:
        yield last
        limit = numbers.pop(last, inf)
    for path in sorted(numbers, key=lambda path: numbers[path], reverse=True):
        if numbers[path] < limit:
            yield path


def _named_last(folder: Path) -> Path | None:
    """Give the file of this folder that ``last_checkpoint`` names, if there is one."""
    file = folder / LAST_CHECKPOINT
    name = Path(file.read_text(encoding='utf-8').strip()).name if file.is_file() else ''
    return folder / name if name and (folder / name).is_file() else None
