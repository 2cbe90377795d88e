"""Reading an annotation file in any format, with errors that say what to do."""

from collections.abc import Sequence
from pathlib import Path

from .annotations import Annotations
from .formats import read_csv, read_json, read_json_lines
from .records import RecordKeys

JSON_LINES = ('.jsonl', '.ndjson')


def read_annotation_file(path: Path, keys: RecordKeys | None = None) -> Annotations:
    """Read an annotation file; its suffix tells the format.

    ``.csv`` is a table (:func:`~cpcl_mm.datasets.formats.csv_file.read_csv`), ``.jsonl`` and
    ``.ndjson`` are JSON lines, and everything else is one JSON list with an object per image.

    Args:
        path: The annotation file, UTF-8 with or without byte order mark.
        keys: Names of the record keys, which a table has for its columns; RSTPReid's by default.

    Returns:
        The items, in file order and not yet validated.

    Raises:
        FileNotFoundError: There is no such file; says what its folder does hold.
        ValueError: The file is not what its suffix says, or holds no item.
    """
    if path.is_dir():
        raise FileNotFoundError(
            f'annotation file {path} is a folder; tools/convert_annotations.py makes a file of a '
            'folder of images with a text file of captions beside each.'
        )
    if not path.is_file():
        raise FileNotFoundError(
            f'annotation file {path} does not exist; {describe_folder(path.parent)}. '
            'Set data_root and ann_file to where the data lies.'
        )
    suffix = path.suffix.lower()
    if suffix == '.csv':
        return read_csv(path, keys or RecordKeys())
    return read_json_lines(path) if suffix in JSON_LINES else read_json(path)


def find_annotation_file(folder: Path, names: Sequence[str]) -> Path:
    """Find the annotation file of a data set.

    Args:
        folder: Folder of the data set.
        names: Names that the file goes by.

    Returns:
        The first that exists.

    Raises:
        FileNotFoundError: None does; says what was looked for and what the folder holds.
    """
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(
        f'no annotation file in {folder}: looked for {" and ".join(names)}, but '
        f'{describe_folder(folder)}. Set data_root to where the data set lies, or ann_file to a '
        'file of another name.'
    )


def describe_folder(folder: Path, limit: int = 8) -> str:
    """Say in words what a folder holds, for an error about something missing from it.

    Args:
        folder: The folder; need not exist.
        limit: How many of its entries are named.

    Returns:
        For example ``'data/RSTPReid holds: data_captions.json, imgs/'``. For a folder that
        does not exist the nearest one above that does is described.
    """
    if not folder.is_dir():
        existing = next((parent for parent in folder.parents if parent.is_dir()), None)
        found = f'; {describe_folder(existing, limit)}' if existing else ''
        return f'the folder {folder} does not exist{found}'
    entries = sorted(entry.name + '/' * entry.is_dir() for entry in folder.iterdir())
    if not entries:
        return f'{folder} is empty'
    more = f' and {len(entries) - limit} more' if len(entries) > limit else ''
    return f'{folder} holds: {", ".join(entries[:limit])}{more}'
