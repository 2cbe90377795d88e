"""What Python does beside computing: imports, files written, processes, connections, unpickling."""

import os
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Deed = tuple[str, str]
"""Name of an audit event, and what it was about."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
PATHS = ('open', 'os.remove', 'os.rename', 'os.rmdir', 'os.mkdir', 'os.truncate', 'os.chmod')
"""Events about a file, which are of no account within the folder of a test."""

ABOUT: dict[str, Callable[[tuple], str]] = {
    'exec': lambda arguments: str(getattr(arguments[0], 'co_filename', arguments[0])),
    'pickle.find_class': lambda arguments: '.'.join(map(str, arguments)),
    # Programs are told apart, not their arguments.
    'subprocess.Popen': lambda arguments: str(arguments[0]),
}
"""Of other events, the first argument."""

INSTALLED = (sysconfig.get_path('stdlib'), sysconfig.get_path('purelib'), '<frozen')
"""Where modules lie that a library imports on first use."""

WATCHED = (
    *PATHS,
    *ABOUT,
    *('import', 'os.system', 'os.exec', 'os.posix_spawn', 'os.startfile', 'shutil.rmtree'),
    *('socket.connect', 'socket.getaddrinfo', 'socket.bind', 'urllib.Request', 'ctypes.dlopen'),
)

_seen: list[Deed] | None = None
_folder = Path()


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is None or event not in WATCHED:
        return
    if event == 'open' and not _is_writing(*arguments[1:]):
        return
    about = ABOUT.get(event, _first)(arguments)
    if event in PATHS and Path(about).absolute().is_relative_to(_folder):
        return
    if event == 'exec' and about.startswith(INSTALLED):
        return
    if event == 'import' and about.partition('.')[0] in _known:
        return
    _seen.append((event, about))


def _first(arguments: tuple[Any, ...]) -> str:
    first = arguments[0] if arguments else ''
    return os.fsdecode(first) if isinstance(first, str | bytes | os.PathLike) else repr(first)


def _is_writing(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in 'wax+')
    return bool(isinstance(flags, int) and flags & WRITING)


# A hook cannot be taken out again: it does nothing unless something is watched.
sys.addaudithook(_hook)
_known: set[str] = set()


@contextmanager
def watch(folder: Path) -> Iterator[list[Deed]]:
    """Collect what is done.

    Args:
        folder (Path): Where files may be written and removed.

    Yields:
        list[Deed]: What has been done, as it is done. Modules of packages that are imported
        already do not count.
    """
    global _seen, _folder, _known
    _folder, _known = folder.absolute(), {name.partition('.')[0] for name in sys.modules}
    _seen = deeds = []
    try:
        yield deeds
    finally:
        _seen = None
