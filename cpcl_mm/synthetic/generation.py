"""Makes the data set on disk: all or nothing, and by one process at a time."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from mmengine.logging import print_log
from tqdm import tqdm

from .manifest import ANNOTATIONS, IMAGES, check_complete, write_manifest
from .photographs import Record, photograph_all
from .settings import SPLITS, SyntheticSettings


def ensure_synthetic_pedes(
    root: Path | str, settings: SyntheticSettings, workers: int | None = None
) -> Path:
    """Make SyntheticPedes at ``root`` unless it is already there.

    When several processes start at once, one makes it and the others wait for it.

    Args:
        root: Folder of the data set; made if it does not exist or is empty.
        settings: What the data set must be made from.
        workers: Processes that draw; None for one per core.

    Returns:
        ``root``.

    Raises:
        FileExistsError: The folder holds something else, a damaged data set, or one made from
            other settings. Nothing is changed then.
    """
    root = Path(root)
    if _is_free(root):
        with _only_process(root):
            if _is_free(root):  # not made by another process in the meantime
                _write(root, settings, workers, progress=True)
    check_complete(root, settings)
    return root


def generate(
    root: Path | str,
    settings: SyntheticSettings,
    workers: int | None = None,
    progress: bool = True,
) -> Path:
    """Make SyntheticPedes at ``root``, which must not exist or be empty.

    The files appear all at once when they are finished; until then they lie in a hidden folder
    beside ``root``. Equal settings give byte-identical files in any number of workers.

    Args:
        root: Folder of the data set.
        settings: What it is made from.
        workers: Processes that draw; None for one per core (one for a few images).
        progress: Whether to show a progress bar.

    Returns:
        ``root``.

    Raises:
        FileExistsError: ``root`` is a file or a folder that is not empty.
    """
    root = Path(root)
    with _only_process(root):
        if not _is_free(root):
            raise FileExistsError(
                f'{root} is not empty: nothing was written. Give another folder or delete it.'
            )
        _write(root, settings, workers, progress)
    return root


def _is_free(root: Path) -> bool:
    return not root.exists() or (root.is_dir() and not any(root.iterdir()))


@contextmanager
def _only_process(root: Path) -> Iterator[None]:
    """Hold the lock on making ``root``; say so when another process has to be waited for."""
    place = root.resolve()  # two links to one folder need one lock
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place.parent / f'.{place.name}.lock')
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print_log(f'Waiting for another process that is making {root}.', logger='current')
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _write(root: Path, settings: SyntheticSettings, workers: int | None, progress: bool) -> None:
    """Generate into a hidden folder beside ``root`` and rename it; the lock must be held."""
    place = root.resolve()
    prefix = f'.{place.name}.partial-'
    for leftover in place.parent.glob(f'{prefix}*'):
        shutil.rmtree(leftover, ignore_errors=True)
    # A name of its own: orphans of a killed generation may still be writing to theirs.
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place.parent))
    try:
        _fill(folder, settings, workers, progress)
        if place.exists():
            place.rmdir()  # it is empty; not every system renames onto a folder
        folder.rename(place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fill(folder: Path, settings: SyntheticSettings, workers: int | None, progress: bool) -> None:
    folder.chmod(0o755)  # a temporary folder is closed to other users
    for split in SPLITS:
        (folder / IMAGES / split).mkdir(parents=True)
    total = sum(settings.images(split) for split in SPLITS)
    records: list[Record] = []
    with tqdm(total=total, desc='SyntheticPedes', unit='image', disable=not progress) as bar:
        for made in photograph_all(settings, folder / IMAGES, workers):
            records += made
            bar.update(len(made))
    lines = ',\n'.join(json.dumps(record) for record in records)
    (folder / ANNOTATIONS).write_text(f'[\n{lines}\n]\n', encoding='utf-8')
    write_manifest(folder, settings)
