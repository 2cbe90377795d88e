"""Annotations as a table: comma-separated values below a line of column names."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from cpcl_mm.utils.text import read_text_file

from .names import ONE_CAPTION, RecordKeys

SEPARATOR = '|'
QUOTING = (
    'A cell that holds a comma, a line break or a double quote stands in double quotes, and a '
    'double quote within it is written twice.'
)


def read_csv(path: Path, keys: RecordKeys) -> tuple[list[int], list[dict[str, object]]]:
    """Read a table of images and captions.

    The first line names the columns; they are separated by commas and stand in any order. The
    captions are in one of two columns:

    - ``caption``: one caption a row, taken as it is;
    - the one that ``keys.captions`` names: one or more captions, separated by ``|``.

    Empty lines are passed over; an empty cell says nothing.

    Returns:
        The line where each row begins, and a record for each row: an image may have several.

    Raises:
        ValueError: The file is not UTF-8, its columns are not those above, or a row is wrongly
            quoted or has another number of cells.
    """
    rows = _rows(path)
    columns = [name.strip() for name in next(rows, (1, []))[1]]
    caption_column = _check_columns(columns, keys, path)
    lines, records = [], []
    for line, cells in rows:
        if len(cells) != len(columns):
            raise ValueError(
                f'line {line} of {path} has {len(cells)} cells, expected {len(columns)} '
                f'({", ".join(columns)}). {QUOTING}'
            )
        row = dict(zip(columns, cells, strict=True))
        record: dict[str, object] = {key: cell.strip() for key, cell in row.items() if cell.strip()}
        record[caption_column] = row[caption_column]
        if caption_column != ONE_CAPTION:
            record[caption_column] = [each.strip() for each in row[caption_column].split(SEPARATOR)]
        lines.append(line)
        records.append(record)
    if not records:
        raise ValueError(f'{path} has no row below its column names: no image to load.')
    return lines, records


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with the number of its first line."""
    text = io.StringIO(read_text_file(path), newline='')
    reader = csv.reader(text, strict=True, skipinitialspace=True)
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
    if not any(name in columns for name in keys.image):
        raise ValueError(
            f'{path} has no column {keys.image[0]!r}; {found}. Separate columns by commas, or name '
            'the column by image_key.'
        )
    candidates = [name for name in dict.fromkeys(keys.captions) if name in columns]
    if len(candidates) != 1:
        raise ValueError(
            f'{path} needs the column {ONE_CAPTION!r} (one caption a row) or {keys.captions[0]!r} '
            f'(captions separated by {SEPARATOR!r}), one of them; {found}. Another name is set by '
            'captions_key.'
        )
    repeated = {name for name in columns if columns.count(name) > 1}
    if repeated:
        raise ValueError(f'{path} has several columns {min(repeated)!r}; {found}.')
    return candidates[0]
