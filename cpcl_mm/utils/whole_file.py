"""Files that are written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Write a file under the name that is yielded, and rename it when it is complete.

    A reader finds the old file or the new one, also after a power cut. The folder is made if there
    is none.

    Raises:
        OSError: If the file cannot be written; names it and says that the old one is untouched.
    """
    unfinished = path.with_name(f'{path.name}.unfinished')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        with unfinished.open('rb') as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise OSError(
            error.errno, f'{path} could not be written ({reason}); what lay there is untouched'
        ) from error
