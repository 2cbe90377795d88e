"""Annotations as JSON lines: one JSON object a line."""

import json
from collections.abc import Sequence
from pathlib import Path

from cpcl_mm.datasets.annotations import Annotations
from cpcl_mm.utils.text_file import read_text_file


def read_json_lines(path: Path) -> Annotations:
    """Read a file with one JSON object per line and image; empty lines are passed over.

    Args:
        path: The file, UTF-8 with or without byte order mark.

    Returns:
        The objects; the place of each is its line.

    Raises:
        ValueError: The file is not UTF-8, a line of it is not JSON, or all lines are empty.
    """
    # Not splitlines: a caption may hold the other separators that it splits at.
    numbered = enumerate(read_text_file(path).split('\n'), 1)
    items = {number: _parse(line, number, path) for number, line in numbered if line.strip()}
    if not items:
        raise ValueError(f'{path} has no line with an object: no image to load.')
    places = [f'line {number}' for number in items]
    return Annotations(list(items.values()), places.__getitem__)


def format_json_lines(records: Sequence[dict[str, object]]) -> str:
    """Write records as JSON lines."""
    return ''.join(f'{json.dumps(record, ensure_ascii=False)}\n' for record in records)


def _parse(line: str, number: int, path: Path) -> object:
    try:
        return json.loads(line)
    # Numbers of thousands of digits are a ValueError, lists within lists a RecursionError.
    except (ValueError, RecursionError) as error:
        reason = str(error)
        if isinstance(error, json.JSONDecodeError):
            reason = f'{error.msg} at column {error.colno}'
        raise ValueError(
            f'line {number} of {path} is not JSON: {reason}. Each line is one object, for one '
            'image; a file that is one JSON list has the suffix .json.'
        ) from error
