"""Reading an annotation file into plain JSON objects, with errors that say what to do."""

import json
from pathlib import Path


def read_annotation_file(path: Path) -> list[object]:
    """Read an annotation file: one JSON list with an object per image.

    Args:
        path: The annotation file, UTF-8 with or without byte order mark.

    Returns:
        The items of the list, in file order and not yet validated.

    Raises:
        FileNotFoundError: There is no such file; says what its folder does hold.
        ValueError: The file is not UTF-8, not JSON, not a list, or an empty list.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f'annotation file {path} does not exist; {describe_folder(path.parent)}. '
            'Set data_root and ann_file to where the data lies.'
        )
    try:
        content = json.loads(path.read_text(encoding='utf-8-sig'))
    except UnicodeDecodeError as error:
        raise ValueError(f'{path} is not UTF-8 text ({error}); save it as UTF-8.') from error
    except json.JSONDecodeError as error:
        raise ValueError(
            f'{path} is not JSON: {error}. The annotation file is one JSON list with an '
            'object per image.'
        ) from error
    if not isinstance(content, list):
        raise ValueError(
            f'{path} holds a JSON {_json_type(content)}, expected a list with an object per image.'
        )
    if not content:
        raise ValueError(f'{path} holds an empty list: no image to load.')
    return content


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


def _json_type(value: object) -> str:
    return {dict: 'object', str: 'string', bool: 'boolean', type(None): 'null'}.get(
        type(value), 'number'
    )
