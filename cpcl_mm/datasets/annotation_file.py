"""Reading an annotation file in any format, with errors that say what to do."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cpcl_mm.utils.image_file import SUFFIXES
from cpcl_mm.utils.text import read_text_file

from .csv_file import read_csv
from .names import RecordKeys

JSON_LINES = ('.jsonl', '.ndjson')


class Annotations(NamedTuple):
    """What an annotation file holds, not yet validated.

    Attributes:
        items: The records, in file order; to be read once.
        place: Says in words where an item stands, given its position in ``items``.
    """

    items: Iterable[object]
    place: Callable[[int], str] = 'record {} (from 0)'.format


def read_annotation_file(path: Path, keys: RecordKeys | None = None) -> Annotations:
    """Read an annotation file; its suffix tells the format.

    ``.csv`` is a table (:func:`~cpcl_mm.datasets.csv_file.read_csv`), ``.jsonl`` and ``.ndjson``
    are JSON lines. Everything else is JSON: a list of records, a map from image to caption or
    captions, or a list of such maps. Maps are read as records, too.

    Args:
        path: The annotation file, UTF-8 with or without byte order mark.
        keys: Names of the record keys, which a table has for its columns.

    Raises:
        FileNotFoundError: There is no such file; says what its folder does hold.
        ValueError: The file is not what its suffix says, or holds no record.
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
    keys = keys or RecordKeys()
    suffix = path.suffix.lower()
    if suffix == '.csv':
        lines, rows = read_csv(path, keys)
        return Annotations(rows, lambda number: f'line {lines[number]}')
    if suffix in JSON_LINES:
        return _read_json_lines(path)
    return Annotations(_read_json(path, keys))


def describe_folder(folder: Path, limit: int = 8) -> str:
    """Say in words what a folder holds, or the nearest one above that exists, for an error.

    For example ``'data/RSTPReid holds: data_captions.json, imgs/'``.
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


def _read_json(path: Path, keys: RecordKeys) -> Iterator[object]:
    text = read_text_file(path)
    try:
        content = json.loads(text, object_pairs_hook=_object)
    # Numbers of thousands of digits are a ValueError, lists within lists a RecursionError.
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f'{path} is not JSON: {error}. The annotation file is one JSON list with an object per '
            'image, or a map from images to captions; other formats are told by their suffix: '
            '.jsonl, .ndjson, .csv.'
        ) from error
    if not isinstance(content, list) and not _is_map(content):
        found = (
            f'object with the keys {list(content)[:3]}' if isinstance(content, dict) else 'value'
        )
        raise ValueError(
            f'{path} holds a JSON {found}, expected a list with an object per image, or a map '
            'whose keys are image files.'
        )
    if not content:
        raise ValueError(f'{path} holds an empty list: no image to load.')
    return _records(content if isinstance(content, list) else [content], keys)


def _object(pairs: list[tuple[str, Any]]) -> Any:
    """Make a dict, or a list of maps where a map names an image twice, which a dict would lose."""
    content = dict(pairs)
    if len(content) < len(pairs) and _is_map(content):
        return [{image: captions} for image, captions in pairs]
    return content


def _is_map(content: object) -> bool:
    """Tell a map from images to captions from a record: its first key is an image file."""
    return isinstance(content, dict) and next(iter(content), '').lower().endswith(SUFFIXES)


def _records(parts: list[object], keys: RecordKeys) -> Iterator[object]:
    for part in parts:
        if isinstance(part, dict) and _is_map(part):
            for image, captions in part.items():
                yield {keys.image[0]: image, keys.captions[0]: captions}
        else:
            yield part


def _read_json_lines(path: Path) -> Annotations:
    # Not splitlines: a caption may hold the other separators that it splits at.
    numbered = enumerate(read_text_file(path).split('\n'), 1)
    items = {number: _parse_line(line, number, path) for number, line in numbered if line.strip()}
    if not items:
        raise ValueError(f'{path} has no line with an object: no image to load.')
    numbers = list(items)
    return Annotations(list(items.values()), lambda position: f'line {numbers[position]}')


def _parse_line(line: str, number: int, path: Path) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = str(error)
        if isinstance(error, json.JSONDecodeError):
            reason = f'{error.msg} at column {error.colno}'
        raise ValueError(
            f'line {number} of {path} is not JSON: {reason}. Each line is one object, for one '
            'image; a file that is one JSON list has the suffix .json.'
        ) from error
