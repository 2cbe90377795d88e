"""Annotations as one JSON list."""

import json
from collections.abc import Sequence
from pathlib import Path

from cpcl_mm.datasets.annotations import Annotations
from cpcl_mm.utils.text_file import read_text_file


def read_json(path: Path) -> Annotations:
    """Read a JSON list with an object per image.

    Args:
        path: The file, UTF-8 with or without byte order mark.

    Returns:
        The items of the list.

    Raises:
        ValueError: The file is not UTF-8, not JSON, not a list, or an empty list.
    """
    text = read_text_file(path)
    try:
        content = json.loads(text)
    # Numbers of thousands of digits are a ValueError, lists within lists a RecursionError.
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f'{path} is not JSON: {error}. The annotation file is one JSON list with an '
            'object per image; other formats are told by their suffix: .jsonl, .ndjson, .csv.'
        ) from error
    if not isinstance(content, list):
        raise ValueError(
            f'{path} holds a JSON {_json_type(content)}, expected a list with an object per image.'
        )
    if not content:
        raise ValueError(f'{path} holds an empty list: no image to load.')
    return Annotations(content)


def format_json(records: Sequence[dict[str, object]]) -> str:
    """Write records as one JSON list, a record a line."""
    lines = ',\n'.join(json.dumps(record, ensure_ascii=False) for record in records)
    return f'[\n{lines}\n]\n'


def _json_type(value: object) -> str:
    return {dict: 'object', str: 'string', bool: 'boolean', type(None): 'null'}.get(
        type(value), 'number'
    )
