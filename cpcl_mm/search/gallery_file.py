"""Galleries on disk: one file that is whole or not there, and parts while it is being made.

A gallery file is an uncompressed ``.npz`` that holds no pickled object: ``header``, JSON as bytes
with format version, model and index settings; ``entries``, JSON as bytes, a list of ``[name,
version]``; and ``features``, (N, D) float32.

While a gallery ``g.npz`` grows, every batch becomes a small gallery file in ``g.npz.parts/``. A
crash loses what had not become a part; the next start takes the parts up.
"""

import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from cpcl_mm.utils.whole_file import whole_file

from .gallery import Gallery, ModelOrigin
from .vector_index import IndexSettings

FORMAT = 'cpcl_mm gallery'
VERSION = 1
REMEDY = 'restore it, or index the images again into another file'


class GalleryFile:
    """A gallery file, usually ``*.npz``, and the parts that are on the way into it."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        self.parts = self.path.with_name(f'{self.path.name}.parts')

    def exists(self) -> bool:
        """Tell whether there is a gallery, or a part of one."""
        return self.path.exists() or bool(self._part_files())

    def load(self) -> Gallery:
        """Read the gallery, parts included.

        Raises:
            FileNotFoundError: If there is none.
            ValueError: If a file is no whole gallery of this version, or a part of another model.
        """
        if not self.exists():
            raise FileNotFoundError(
                f'there is no gallery {self.path}: make one with tools/index_gallery.py'
            )
        files = [self.path] * self.path.exists() + self._part_files()
        gallery, *parts = map(read_gallery, files)
        for part, file in zip(parts, files[1:], strict=True):
            if part.model.fingerprint != gallery.model.fingerprint:
                raise ValueError(
                    f'{file} is of another model ({part.model.source}) than {files[0]} '
                    f'({gallery.model.source}): remove {self.parts} to give up what it holds'
                )
        gallery.extend(parts)
        return gallery

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep other processes from writing; ``BlockingIOError`` if one does."""
        self.parts.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.parts / 'lock', timeout=0):
                try:
                    yield
                finally:
                    # Without a part there is nothing to take up next time.
                    if not self._part_files():
                        shutil.rmtree(self.parts, ignore_errors=True)
        except Timeout as error:
            raise BlockingIOError(
                f'another process writes to the gallery {self.path}: wait until it has finished'
            ) from error

    def append(self, part: Gallery) -> None:
        """Write the images of a batch as the next part."""
        files = self._part_files()
        number = int(files[-1].stem) + 1 if files else 0
        write_gallery(part, self.parts / f'{number:08d}.npz')

    def save(self, gallery: Gallery) -> None:
        """Write the whole gallery; the parts are then no longer needed."""
        write_gallery(gallery, self.path)
        shutil.rmtree(self.parts, ignore_errors=True)

    def _part_files(self) -> list[Path]:
        return sorted(self.parts.glob('*.npz'))


def write_gallery(gallery: Gallery, path: Path) -> None:
    """Write a gallery file; whoever reads it meanwhile finds the old one or the new one."""
    header = {
        'format': FORMAT,
        'version': VERSION,
        'model': asdict(gallery.model),
        'index': asdict(gallery.settings),
    }
    with whole_file(path) as unfinished, unfinished.open('wb') as file:
        np.savez(
            file,
            header=_to_bytes(header),
            entries=_to_bytes(list(gallery.versions.items())),
            features=gallery.features,
        )


def read_gallery(path: Path) -> Gallery:
    """Read one gallery file; ``ValueError`` if it is truncated, none or of another version."""
    try:
        arrays = _read_arrays(path)
        header = json.loads(arrays['header'].tobytes())
        if (header['format'], header['version']) != (FORMAT, VERSION):
            raise ValueError(f'it is a {header["format"]!r} of version {header["version"]!r}')
        gallery = Gallery(ModelOrigin(**header['model']), IndexSettings(**header['index']))
        entries = [(str(n), str(v)) for n, v in json.loads(arrays['entries'].tobytes())]
        if arrays['features'].dtype != np.float32 or arrays['features'].ndim != 2:
            raise ValueError(f'features are {arrays["features"].dtype}')
        gallery.put(entries, arrays['features'])
    # NumPy, zipfile and json raise whatever their parsers meet.
    except Exception as error:
        raise ValueError(
            f'{path} is no gallery file of version {VERSION}, or it is truncated or damaged '
            f'({error}): {REMEDY}'
        ) from error
    return gallery


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of an npz file whose content cannot be larger than the file."""
    with zipfile.ZipFile(path) as archive:
        if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
            raise ValueError('it is compressed')
    with np.load(path, allow_pickle=False) as arrays:
        # NumPy gives what is no array as bytes.
        return {key: np.asarray(arrays[key]) for key in ('header', 'entries', 'features')}


def _to_bytes(value: Any) -> np.ndarray:
    """JSON as an array: NumPy's own strings would pad all names to the longest."""
    return np.frombuffer(json.dumps(value).encode('ascii'), dtype=np.uint8)
