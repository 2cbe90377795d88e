"""Records that cannot be used: an error, or one warning about all of them."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from mmengine.logging import print_log

BAD_RECORDS = ('error', 'skip')
EXAMPLES = 3


class Problem(NamedTuple):
    """A record that cannot be used."""

    number: int  # position among the items of its file, from 0
    text: str  # what is wrong, with the value and the way out
    split: str | None = None  # the one that the record says it is of


class NotInFileError(ValueError):
    """A file lacks a key or a split, ``name``, that is asked for."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self.name = name


def handle_problems(
    problems: Sequence[Problem],
    source: Path,
    place: Callable[[int], str],
    bad_records: str,
    total: int,
) -> None:
    """Raise for the first problem of a source, or say in one warning what is skipped.

    Args:
        problems: The problems; nothing happens if there is none.
        source: What the records were read from.
        place: Says where a record stands in it.
        bad_records: ``'error'`` raises, ``'skip'`` warns.
        total: Number of records, sound and unsound.
    """
    if not problems:
        return
    number_of = f'{len(problems):,} of {total:,}'
    if bad_records == 'error':
        raise ValueError(
            f'{place(problems[0].number)} of {source} {problems[0].text} '
            f"Unusable records in all: {number_of}; bad_records='skip' leaves them out."
        )
    examples = '\n'.join(f'  {place(each.number)} {each.text}' for each in problems[:EXAMPLES])
    print_log(
        f'{source}: skipped {number_of} unusable records, such as\n{examples}',
        logger='current',
        level=logging.WARNING,
    )
