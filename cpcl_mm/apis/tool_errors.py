"""How a tool ends when something is wrong: one sentence, and the way on."""

import errno
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.logging import MMLogger

# What input causes. Anything else may be a defect: without a log, its traceback is shown.
_CAUSED_BY_INPUT = (ValueError, OSError, ImportError, ArithmeticError)

_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


@contextmanager
def errors_in_a_sentence(to_go_on: str = '') -> Iterator[None]:
    """End the tool with one sentence; the traceback goes to the log file.

    Args:
        to_go_on (str): What to say after Ctrl+C, and where the disk failed. Defaults to ''.

    Raises:
        SystemExit: Instead of an error; 130 after Ctrl+C, as shells have it.
    """
    try:
        yield
    except KeyboardInterrupt:
        print(f'\nstopped{to_go_on}', file=sys.stderr)
        raise SystemExit(130) from None
    except Exception as error:
        log = _log_file()
        if log is None and not isinstance(error, _CAUSED_BY_INPUT):
            raise
        where = '' if log is None else f' (traceback: {log})'
        if log is not None:
            _append(log, traceback.format_exc())
        remedy = to_go_on if getattr(error, 'errno', None) in _OF_THE_DISK else ''
        raise SystemExit(f'error: {_sentence(error)}{remedy}{where}') from error


def _sentence(error: Exception) -> str:
    """Give the text of an error, without what belongs to Python alone."""
    if isinstance(error, OSError) and error.strerror:
        return f'{error.strerror}: {error.filename}' if error.filename else error.strerror
    if isinstance(error, _CAUSED_BY_INPUT):
        return str(error)
    return f'{type(error).__name__}: {error}'


def _log_file() -> Path | None:
    """Find the log file of the run, if this process has one."""
    if not MMLogger._instance_dict:
        return None
    handlers = MMLogger.get_current_instance().handlers
    files = [each for each in handlers if isinstance(each, logging.FileHandler)]
    return Path(files[-1].baseFilename) if files else None


def _append(log: Path, text: str) -> None:
    """Write to the log; a disk that is full is no further error."""
    try:
        with log.open('a', encoding='utf-8') as file:
            file.write(text)
    except OSError:
        return
