"""Annotations as a table: comma-separated values below a line of column names."""

import csv
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from cpcl_mm.datasets.annotations import Annotations
from cpcl_mm.datasets.identities import read_identity
from cpcl_mm.datasets.records import ONE_CAPTION, RecordKeys
from cpcl_mm.utils.text_file import read_text_file

SEPARATOR = '|'
QUOTING = (
    'A cell that holds a comma, a line break or a double quote stands in double quotes, and a '
    'double quote within it is written twice.'
)


def read_csv(path: Path, keys: RecordKeys) -> Annotations:
    """Read a table of images and captions.

    The first line names the columns; they are separated by commas and stand in any order. The
    captions are in one of two columns:

    - ``caption``: one caption a row, taken as it is;
    - the one that ``keys.captions`` names: one or more captions, separated by ``|``.

    Rows of the same image are merged, so an image may have any number of them. Empty lines and
    columns of other names are passed over; an empty cell of split or identity says nothing.

    Args:
        path: The file, UTF-8 with or without byte order mark.
        keys: Names of the columns.

    Returns:
        One object per image, in the order of the first rows; its place is the lines of its rows.

    Raises:
        ValueError: The file is not UTF-8; its columns are not those above; a row is wrongly
            quoted or has another number of cells; rows of one image contradict each other.
    """
    rows = _rows(path)
    columns = [name.strip() for name in next(rows, (1, []))[1]]
    caption_column = _check_columns(columns, keys, path)
    images: dict[str, _ImageRows] = {}
    for line, cells in rows:
        row = _named_cells(columns, cells, line, path)
        name = row[keys.image].strip()
        image = images.setdefault(os.path.normpath(name), _ImageRows(name, path))
        image.add(line, _facts(row, keys), _captions(row, caption_column))
    if not images:
        raise ValueError(f'{path} has no row below its column names: no image to load.')
    items = [
        {keys.image: image.name, keys.captions: image.captions} | image.facts
        for image in images.values()
    ]
    places = [image.place() for image in images.values()]
    return Annotations(items, places.__getitem__)


def format_csv(records: Sequence[dict[str, object]]) -> str:
    """Write records as a table with one caption a row, in the column ``caption``.

    Args:
        records: One object per image, with the keys that
            :class:`~cpcl_mm.datasets.records.RecordKeys` has by default.

    Returns:
        The table; it has no column of identities where all are unknown.
    """
    keys = RecordKeys()
    columns = [keys.image, keys.split]
    if any(keys.identity in record for record in records):
        columns.append(keys.identity)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow([*columns, ONE_CAPTION])
    for record in records:
        facts = [record.get(column, '') for column in columns]
        captions: Any = record[keys.captions]
        writer.writerows([*facts, caption] for caption in captions)
    return text.getvalue()


class _ImageRows:
    """The rows of one image, merged."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.facts: dict[str, object] = {}
        self.captions: list[str] = []
        self.lines: list[int] = []

    def add(self, line: int, facts: dict[str, object], captions: Sequence[str]) -> None:
        """Merge a row, which has to say about the image what the first one says."""
        if not self.lines:
            self.facts = facts
        for key in self.facts | facts:
            expected, found = (repr(known.get(key, '')) for known in (self.facts, facts))
            if found != expected:
                raise ValueError(
                    f'line {line} of {self.path} has {key} = {found}, but line {self.lines[0]}, '
                    f'of the same image, has {expected}; make them agree.'
                )
        self.captions += captions
        self.lines.append(line)

    def place(self) -> str:
        """Name the lines of the rows."""
        first, *others = map(str, self.lines)
        return f'line {first} (with {", ".join(others)})' if others else f'line {first}'


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with the number of its first line."""
    lines = io.StringIO(read_text_file(path), newline='')
    reader = csv.reader(lines, strict=True, skipinitialspace=True)
    line = 1
    try:
        for cells in reader:
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f'line {line} of {path} is wrongly quoted: {error}. {QUOTING}') from error


def _check_columns(columns: Sequence[str], keys: RecordKeys, path: Path) -> str:
    """Return the column of captions, or raise if there is not just what is needed."""
    found = f'its columns, named in its first line, are: {", ".join(columns) or "none"}'
    if keys.image not in columns:
        raise ValueError(
            f'{path} has no column {keys.image!r}; {found}. Separate columns by commas, or name '
            'the column by image_key.'
        )
    candidates = [name for name in dict.fromkeys((ONE_CAPTION, keys.captions)) if name in columns]
    if len(candidates) != 1:
        raise ValueError(
            f'{path} needs the column {ONE_CAPTION!r} (one caption a row) or {keys.captions!r} '
            f'(captions separated by {SEPARATOR!r}), one of them; {found}. Another name is set by '
            'captions_key.'
        )
    repeated = {name for name in columns if columns.count(name) > 1}
    if repeated:
        raise ValueError(f'{path} has several columns {min(repeated)!r}; {found}.')
    return candidates[0]


def _named_cells(columns: list[str], cells: list[str], line: int, path: Path) -> dict[str, str]:
    if len(cells) != len(columns):
        raise ValueError(
            f'line {line} of {path} has {len(cells)} cells, expected {len(columns)} '
            f'({", ".join(columns)}). {QUOTING}'
        )
    return dict(zip(columns, cells, strict=True))


def _facts(row: dict[str, str], keys: RecordKeys) -> dict[str, object]:
    """Return split and identity, as far as a row says them."""
    facts: dict[str, object] = {}
    if split := row.get(keys.split, '').strip():
        facts[keys.split] = split
    if identity := row.get(keys.identity, '').strip():
        facts[keys.identity] = identity
        # What is no identity becomes a problem of the record.
        with suppress(ValueError):
            facts[keys.identity] = read_identity(identity)
    return facts


def _captions(row: dict[str, str], column: str) -> list[str]:
    if column == ONE_CAPTION:
        return [row[column]]
    return [caption.strip() for caption in row[column].split(SEPARATOR)]
