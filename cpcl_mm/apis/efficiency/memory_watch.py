"""The memory of this process and of the processes that it starts, while something runs."""

import os
import threading
from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

PROC = Path('/proc')


class _Sizes(NamedTuple):
    """Memory of one process in bytes.

    Attributes:
        resident: All of it.
        share: Without mapped files, shared pages divided by the number of processes they serve.
        files: Pages of mapped files, which unrelated processes may share.
    """

    resident: int
    share: int
    files: int


class MemoryWatch:
    """Looks at the memory of a process and its children again and again, in a thread.

    Peaks that are over within an interval are missed. Linux only: it reads ``/proc``.

    Attributes:
        own (int): Largest resident memory of this process in bytes.
        child (int): Largest resident memory of any one child, such as a worker of a data loader.
        together (int): Largest memory of all together. What processes share, as forked workers
            do, counts once; of mapped files, mostly libraries, the largest process's part counts.

    Args:
        interval (float): Seconds between two looks. Defaults to 0.1.

    Raises:
        OSError: If the system has no ``/proc``.

    Examples:
        >>> from cpcl_mm.apis.efficiency import MemoryWatch
        >>> with MemoryWatch() as watch:
        ...     block = bytearray(1 << 20)
        >>> watch.own > 1 << 20
        True
    """

    def __init__(self, interval: float = 0.1) -> None:
        if not (PROC / 'self' / 'smaps_rollup').exists():
            raise OSError(f'memory is read from {PROC}, which only Linux has')
        self.own = self.child = self.together = 0
        self._interval = interval
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> 'MemoryWatch':
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        stop = False
        while not stop:
            # What is there at the end counts, too.
            stop = self._stopped.wait(self._interval)
            self._look()

    def _look(self) -> None:
        own = os.getpid()
        sizes = {pid: _read_sizes(pid) for pid in (own, *_children(own))}
        self.own = max(self.own, sizes[own].resident)
        children = [size.resident for pid, size in sizes.items() if pid != own]
        self.child = max(self.child, *children, 0)
        shares = sum(size.share for size in sizes.values())
        self.together = max(self.together, shares + max(size.files for size in sizes.values()))


def _children(pid: int) -> list[int]:
    """Children of a process; each of its threads lists its own."""
    lists = (PROC / str(pid) / 'task').glob('*/children')
    return [int(child) for file in lists for child in _read(file).split()]


def _read_sizes(pid: int) -> _Sizes:
    folder = PROC / str(pid)
    text = _read(folder / 'smaps_rollup') + _read(folder / 'status')
    lines = [line.split() for line in text.splitlines() if line.endswith(' kB')]
    size = defaultdict(int, {line[0].rstrip(':'): int(line[1]) * 2**10 for line in lines})
    return _Sizes(size['Rss'], size['Pss_Anon'] + size['Pss_Shmem'], size['RssFile'])


def _read(file: Path) -> str:
    """Read a file of a process that may have ended by now."""
    try:
        return file.read_text(encoding='ascii')
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ''
