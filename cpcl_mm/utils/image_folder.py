"""What a folder holds: images, and files that are passed over, each with a reason."""

import csv
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from .image_file import SUFFIXES
from .text import one_line

HIDDEN = 'name begins with a dot'


class FolderContent(NamedTuple):
    """Image files, in the order of their names, and by path why all else is none."""

    images: list[str]
    passed_over: dict[str, str]


def look_through(folder: str | Path) -> FolderContent:
    """List what a folder and the folders below it hold.

    Links are followed, to files and to folders. A folder that is reached twice counts once, so a
    link to a folder above ends there. Files are images by their suffix; names that begin with a
    dot are passed over.
    """
    images: list[str] = []
    passed_over: dict[str, str] = {}
    seen: set[tuple[int, int]] = set()

    def note(error: OSError) -> None:
        passed_over[str(error.filename)] = f'folder cannot be opened: {error.strerror}'

    # Links come last, so that a folder has the name that it has without them.
    waiting = [str(folder)]
    while waiting:
        for parent, folders, files in os.walk(waiting.pop(0), onerror=note):
            # What a folder has in common with all links to it.
            status = Path(parent).stat()
            place = (status.st_dev, status.st_ino)
            if place in seen:
                passed_over[parent] = 'link to a folder that counts already'
                folders.clear()
                continue
            seen.add(place)
            for path in sorted(str(Path(parent, name)) for name in folders):
                if Path(path).name.startswith('.'):
                    passed_over[path] = HIDDEN
                elif Path(path).is_symlink():
                    waiting.append(path)
            folders[:] = [name for name in folders if not name.startswith('.')]
            for path in [str(Path(parent, name)) for name in files]:
                if reason := _reason_against(path):
                    passed_over[path] = reason
                else:
                    images.append(path)
    return FolderContent(sorted(images), dict(sorted(passed_over.items())))


def count_passed_over(passed_over: Mapping[str, str]) -> list[str]:
    """Say in a line how much was passed over and why; no line for nothing."""
    if not passed_over:
        return []
    reasons = Counter(passed_over.values()).most_common()
    counts = ', '.join(f'{reason}: {number:,}' for reason, number in reasons)
    return [f'{len(passed_over):,} passed over ({one_line(counts)})']


def write_table(rows: Iterable[Sequence[str]], path: Path) -> None:
    """Write a table with tabs between its columns, into a folder that is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open('w', encoding='utf-8', errors='backslashreplace', newline='') as file:
        # So that a path with line breaks or tabs stays one cell.
        writer = csv.writer(file, delimiter='\t', lineterminator='\n')
        writer.writerows(rows)


def _reason_against(path: str) -> str | None:
    """Say why a file is no image; None if it is one."""
    name = Path(path).name
    suffix = Path(path).suffix.lower()
    if name.startswith('.'):
        return HIDDEN
    if suffix not in SUFFIXES:
        return f'suffix {suffix}' if suffix else 'no suffix'
    # Neither: a link to nothing, or a pipe, which would never end.
    return None if Path(path).is_file() else 'no file behind the name'
