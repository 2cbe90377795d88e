"""Makes a drawn data set on disk: all or nothing, and by one process at a time."""

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol

from filelock import AcquireReturnProxy, FileLock, Timeout
from mmengine.logging import print_log
from tqdm import tqdm

from .settings import FORMAT_VERSION, DrawnSettings

ANNOTATIONS = 'data_captions.json'
SETTINGS = 'settings.json'
IMAGES = 'imgs'

WAY_OUT = 'Give another folder, or delete this one to have it made again.'
FEW_IMAGES = 64
PATIENCE = 120.0

Record = dict[str, Any]
"""An image of the annotation file: ``id``, ``img_path``, ``captions``, ``split``."""


class Drawing(Protocol):
    """What draws a data set, piece by piece; it is sent to other processes."""

    name: ClassVar[str]

    @property
    def settings(self) -> DrawnSettings:
        """Give what it is made from."""

    def pieces(self) -> list[Any]:
        """Give the pieces of work in the order of the annotation file."""

    def draw(self, piece: Any, folder: Path) -> list[Record]:
        """Write the images of a piece below ``folder/<split>`` and describe them."""


def ensure(drawing: Drawing, root: Path | str, workers: int | None = None) -> Path:
    """Make a data set at ``root`` unless it is already there.

    When several processes start at once, one makes it and the others wait for it. The files appear
    all at once when they are finished; until then they lie in a hidden folder beside ``root``.
    Equal settings give byte-identical files in any number of workers.

    Args:
        drawing: What draws it.
        root: Folder of the data set; made if it does not exist or is empty. It is returned.
        workers: Processes that draw; None for one per core (one for a few images).

    Raises:
        FileExistsError: The folder holds something else, a damaged data set, or one made from
            other settings. Nothing is changed then.
    """
    root = Path(root)
    place = root.resolve()  # two links to one folder need one lock
    if _is_free(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        with _hold_lock(place):
            if _is_free(place):  # not made by another process in the meantime
                _write(drawing, place, workers)
    check_complete(root, drawing)
    return root


def _is_free(root: Path) -> bool:
    return not root.exists() or (root.is_dir() and not any(root.iterdir()))


def _hold_lock(place: Path) -> AcquireReturnProxy:
    """Acquire the lock on making a folder; say so when another process has to be waited for."""
    lock = FileLock(place.parent / f'.{place.name}.lock')
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        print_log(f'Waiting for another process that is making {place}.', logger='current')
        return lock.acquire()


def _write(drawing: Drawing, place: Path, workers: int | None) -> None:
    """Generate into a hidden folder beside ``place`` and rename it; the lock must be held."""
    prefix = f'.{place.name}.partial-'
    for leftover in place.parent.glob(f'{prefix}*'):
        shutil.rmtree(leftover, ignore_errors=True)
    # A name of its own: orphans of a killed generation may still be writing to theirs.
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place.parent))
    try:
        _fill(drawing, folder, workers)
        if place.exists():
            place.rmdir()  # it is empty; not every system renames onto a folder
        folder.rename(place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fill(drawing: Drawing, folder: Path, workers: int | None) -> None:
    folder.chmod(0o755)  # a temporary folder is closed to other users
    counts = drawing.settings.counts()
    for split in counts:
        (folder / IMAGES / split).mkdir(parents=True)
    total = sum(count['images'] for count in counts.values())
    records: list[Record] = []
    with tqdm(total=total, desc=drawing.name, unit='image') as bar:
        for made in draw_all(drawing, folder / IMAGES, workers):
            records += made
            bar.update(len(made))
    lines = ',\n'.join(json.dumps(record) for record in records)
    (folder / ANNOTATIONS).write_text(f'[\n{lines}\n]\n', encoding='utf-8')
    write_manifest(folder, drawing.settings)


def draw_all(drawing: Drawing, folder: Path, workers: int | None) -> Iterator[list[Record]]:
    """Write all images below ``folder``, and give the records piece by piece."""
    pieces = drawing.pieces()
    work = partial(drawing.draw, folder=folder)
    images = sum(count['images'] for count in drawing.settings.counts().values())
    workers = workers or (1 if images <= FEW_IMAGES else min(os.cpu_count() or 1, 16))
    if workers == 1:
        yield from map(work, pieces)
        return
    # Forked workers start at once; it is safe as they only draw, which takes no other thread.
    method = 'fork' if sys.platform == 'linux' else 'spawn'
    context = multiprocessing.get_context(method)
    with context.Pool(workers, end_with_parent) as pool:
        results = pool.imap(work, pieces)
        try:  # without the limit, a worker that was killed would be waited for in vain
            for _ in pieces:
                yield results.next(timeout=PATIENCE)
        except multiprocessing.TimeoutError as error:
            raise RuntimeError(
                f'No image of {drawing.name} was drawn for {PATIENCE:.0f} s: a worker process was '
                'killed (out of memory?). Nothing was kept; start again with fewer workers.'
            ) from error


def end_with_parent() -> None:
    """Leave interrupts to the parent, and end at once when it ends the pool.

    A handler of the parent, which a forked worker has too, would run between two steps of Python,
    and a worker that had just begun to wait would wait on.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def write_manifest(root: Path, settings: DrawnSettings) -> None:
    """Write the settings file; images and annotations must be there."""
    content = {
        'format_version': FORMAT_VERSION,
        'settings': asdict(settings),
        'counts': settings.counts(),
        'annotations_sha256': _digest(root / ANNOTATIONS),
    }
    (root / SETTINGS).write_text(json.dumps(content, indent=2) + '\n', encoding='utf-8')


def check_complete(root: Path, drawing: Drawing) -> None:
    """Raise unless ``root`` holds a whole data set, made from the settings of a drawing."""
    found = read_manifest(root, drawing.name)
    if found['format_version'] != FORMAT_VERSION:
        raise FileExistsError(
            f'{root} was made by format version {found["format_version"]} of {drawing.name}; '
            f'this is version {FORMAT_VERSION}. {WAY_OUT}'
        )
    differing = [
        f'{name} is {found["settings"].get(name)} there and {value} here'
        for name, value in asdict(drawing.settings).items()
        if found['settings'].get(name) != value
    ]
    if differing:
        raise FileExistsError(
            f'{root} was made from other settings: {"; ".join(differing)}. {WAY_OUT}'
        )
    annotations = root / ANNOTATIONS
    if not annotations.is_file() or _digest(annotations) != found['annotations_sha256']:
        raise FileExistsError(f'{annotations} is missing or was changed. {WAY_OUT}')
    for split, counts in found['counts'].items():
        folder, wanted = root / IMAGES / split, counts['images']
        images = sum(1 for _ in folder.glob('*.jpg'))
        if images != wanted:
            raise FileExistsError(f'{folder} holds {images} images instead of {wanted}. {WAY_OUT}')


def read_manifest(root: Path, name: str = 'SyntheticPedes') -> dict[str, Any]:
    """Read what a data set was made from.

    Returns:
        Its ``settings``, and its ``counts`` of identities, images and captions by split, among
        others.

    Raises:
        FileExistsError: ``root`` does not hold a drawn data set.
    """
    try:
        found = json.loads((root / SETTINGS).read_text(encoding='utf-8'))
    except (OSError, ValueError):
        found = None
    keys = {'format_version', 'settings', 'counts', 'annotations_sha256'}
    if not isinstance(found, dict) or not keys <= found.keys():
        raise FileExistsError(
            f'{root} exists, but is not a {name} data set (it has no readable {SETTINGS}). '
            'It was left as it is. Give another folder, or move this one away.'
        )
    return found


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
