"""Names in annotation files: of keys, of people, who are numbered, and of splits."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

ONE_CAPTION = 'caption'
"""Key of a single caption, instead of a list of captions."""

UNKNOWN_IDENTITY = -1
UNKNOWN_NAMES = frozenset({'', '-1', '?', 'n/a', 'nan', 'none', 'null', 'unknown'})
# A column of whole numbers with gaps becomes one of floating-point numbers in many tools.
WHOLE = re.compile(r'(\d+)(\.0+)?')
MOST_DIGITS = 18
"""Whole numbers of as many digits fit into 64 bits."""


@dataclass(frozen=True, slots=True)
class RecordKeys:
    """Names of the keys of a record, of which the first that a record has is read.

    Attributes:
        image: Path of the image, relative to the image folder (or absolute).
        captions: Captions: a list, one string, or a dict of strings.
        identity: Number or name of a person; may be missing from a record, or null.
        split: Name of the split that the image belongs to.
    """

    image: tuple[str, ...] = ('img_path', 'file_path', 'image', 'image_path')
    captions: tuple[str, ...] = ('captions', ONE_CAPTION)
    identity: tuple[str, ...] = ('id', 'person_id', 'pid', 'image_id', 'label')
    split: tuple[str, ...] = ('split',)

    @classmethod
    def named(
        cls,
        image: str | None = None,
        captions: str | None = None,
        identity: str | None = None,
        split: str | None = None,
    ) -> 'RecordKeys':
        """Name some keys; None leaves the usual names. A single caption keeps its name beside.

        Examples:
            >>> RecordKeys.named(captions='texts').captions
            ('texts', 'caption')
        """
        return cls(
            (image,) if image else cls().image,
            (captions, ONE_CAPTION) if captions else cls().captions,
            (identity,) if identity else cls().identity,
            (split,) if split else cls().split,
        )


def read_identity(value: object) -> int | str:
    """Read the identity that a record has: a number, -1 where it is unknown, or a name.

    A number beyond 64 bits is a name; None, -1, NaN, ``'unknown'`` and the like are unknown.

    Raises:
        ValueError: The value is no whole number, no text and none of these.

    Examples:
        >>> [read_identity(value) for value in (7, '007', 7.0, '7.0', 'Ann', None)]
        [7, 7, 7, 7, 'Ann', -1]
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNKNOWN_IDENTITY
    # bool is a subclass of int, and never an identity.
    if not isinstance(value, int | str) or isinstance(value, bool):
        raise ValueError('is neither a whole number nor a name')
    text = str(value).strip()
    if text.lower() in UNKNOWN_NAMES:
        return UNKNOWN_IDENTITY
    if whole := WHOLE.fullmatch(text):
        digits = whole[1].lstrip('0') or '0'
        return int(digits) if len(digits) <= MOST_DIGITS else digits
    if text.startswith('-'):
        raise ValueError('begins with a minus sign')
    return text


def number_names(identities: Iterable[int | str]) -> dict[str, int]:
    """Give numbers to the names among identities, above all numbers, in the order of the alphabet.

    Examples:
        >>> number_names([3, 'Bea', 'Ann', 'Bea'])
        {'Ann': 4, 'Bea': 5}
    """
    given = set(identities)
    first = 1 + max((number for number in given if isinstance(number, int)), default=-1)
    names = sorted(name for name in given if isinstance(name, str))
    return {name: number for number, name in enumerate(names, max(first, 0))}


COMMON_SPLITS = {
    'train': 'train',
    'training': 'train',
    'val': 'val',
    'valid': 'val',
    'validation': 'val',
    'dev': 'val',
    'test': 'test',
    'testing': 'test',
}


def common_split(name: str) -> str:
    """Give the name that configs have for a split; a name that is not known stays.

    Examples:
        >>> common_split('Validation'), common_split('fold 1')
        ('val', 'fold 1')
    """
    return COMMON_SPLITS.get(name.strip().lower(), name)


def common_splits(names: Iterable[str]) -> dict[str, str]:
    """Give the splits of a file the names that configs have for them.

    Two words for one split, such as dev and val, stay apart; capital letters do not matter.

    Examples:
        >>> common_splits(['Training', 'dev', 'val', 'fold 1'])
        {'Training': 'train', 'dev': 'dev', 'val': 'val', 'fold 1': 'fold 1'}
    """
    words = {name: name.strip().lower() for name in names}
    known = [word for word in set(words.values()) if word in COMMON_SPLITS]
    rivals = [COMMON_SPLITS[word] for word in known]
    unique = {word for word in known if rivals.count(COMMON_SPLITS[word]) == 1}
    return {
        name: COMMON_SPLITS[word] if word in unique else word if word in COMMON_SPLITS else name
        for name, word in words.items()
    }
