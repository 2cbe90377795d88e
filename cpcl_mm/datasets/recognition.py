"""Telling by its records which data set an annotation file is of."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Mark(NamedTuple):
    """What the records of a data set have in common.

    Attributes:
        image_key: The key of the image path.
        path: A pattern within the image path.
    """

    image_key: str
    path: re.Pattern[str]


MARKS = {
    'CUHK-PEDES': Mark(
        'file_path', re.compile(r'(^|/)(cam_[ab]|CUHK0[13]|Market|(train|test)_query)/')
    ),
    'ICFG-PEDES': Mark('file_path', re.compile(r'(^|/)(train|test)/\d+/')),
    'RSTPReid': Mark('img_path', re.compile(r'(^|/)\d+_c\d+_\d+\.')),
    'SyntheticPedes': Mark('img_path', re.compile(r'(^|/)(train|val|test)/\d+_\d+\.')),
}


def recognize(items: Sequence[object]) -> str | None:
    """Name the data set whose mark most of the items bear.

    Args:
        items: The items of an annotation file, not validated.

    Returns:
        ``'CUHK-PEDES'``, ``'ICFG-PEDES'``, ``'RSTPReid'``, ``'SyntheticPedes'`` or None.

    Examples:
        >>> recognize([{'img_path': '0000_c14_0013.jpg'}, {'img_path': '0000_c1_0002.jpg'}])
        'RSTPReid'
    """
    for name, mark in MARKS.items():
        if 2 * len(_marked_paths(items, mark)) > len(items):
            return name
    return None


def require_data_set(items: Sequence[object], expected: str, ann_file: Path) -> None:
    """Check that an annotation file does not look like another data set's than the expected one.

    Args:
        items: The items of the file.
        expected: A name that :func:`recognize` returns.
        ann_file: The file, for the error.

    Raises:
        ValueError: It does; says whose file it looks like and what loads that.
    """
    found = recognize(items)
    if found is None or found == expected:
        return
    key, example = MARKS[found].image_key, _marked_paths(items, MARKS[found])[0]
    raise ValueError(
        f'{ann_file} looks like the annotation file of {found} (key {key!r}, paths such as '
        f'{example!r}), and {expected} is to be loaded. Set type={type_of(found)!r}, or set '
        f'data_root and ann_file to where {expected} lies.'
    )


def type_of(name: str) -> str:
    """Give the registered type of a data set that :func:`recognize` names: ``'CUHKPEDES'``."""
    return name.replace('-', '')


def _marked_paths(items: Sequence[object], mark: Mark) -> list[str]:
    """List the image paths that bear a mark."""
    paths = (item.get(mark.image_key) for item in items if isinstance(item, dict))
    return [
        path
        for path in paths
        if isinstance(path, str) and mark.path.search(path.replace('\\', '/'))
    ]
