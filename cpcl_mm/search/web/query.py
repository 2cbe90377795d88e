"""What a person asks for, as it stands in an address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from cpcl_mm.utils.text import has_words

from ..encoder import MAX_CHARACTERS

MAX_TOPK = 100  # Images on a page.


@dataclass(frozen=True)
class Query:
    """A query with its settings; what is empty or None is not asked for."""

    text: str = ''
    like: int | None = None  # Row of the gallery image to search by.
    upload: str = ''  # Key of the uploaded image to search by.
    weight: float = 0.5  # Of the image against the sentence, in [0, 1].
    topk: int = 12  # Images to find, from 1 to MAX_TOPK.
    rerank: bool = False  # Whether to put the best ones in a better order.

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> 'Query':
        """Read an address or a form; what is missing or empty has its default, ``topk`` is clipped.

        Raises:
            HTTPException: 400 with what is wrong with a field.
        """
        given = {name: value for name, value in fields.items() if value.strip()}
        return cls(
            text=_sentence(given.get('text', '')),
            like=int(_number('like', given['like'])) if 'like' in given else None,
            upload=given.get('upload', ''),
            weight=_number('weight', given.get('weight', '0.5'), largest=1),
            topk=int(max(1, min(_number('topk', given.get('topk', '12')), MAX_TOPK))),
            rerank='rerank' in given,
        )

    @property
    def has_image(self) -> bool:
        """Whether an image is searched by."""
        return self.like is not None or bool(self.upload)

    @property
    def asks(self) -> bool:
        """Whether there is something to search by."""
        return bool(self.text) or self.has_image

    def address(self, **changes: Any) -> str:
        """Give the address of the results, with attributes that are to be different."""
        fields, defaults = vars(replace(self, **changes)), vars(Query())
        given = {name: value for name, value in fields.items() if value != defaults[name]}
        return f'/?{urlencode(given)}'


def _sentence(text: str) -> str:
    if text and not has_words(text):
        raise HTTPException(400, f'There are no words in "{text[:40]}": please describe a person.')
    if len(text) > MAX_CHARACTERS:
        raise HTTPException(
            400,
            f'The sentence has {len(text):,} characters, more than {MAX_CHARACTERS:,}: please be '
            'brief.',
        )
    return ' '.join(text.split())


def _number(name: str, text: str, largest: float = float('inf')) -> float:
    """Read a number from 0."""
    try:
        number = float(text)
    except ValueError:
        number = -1
    # Not the other way round: nan is out of every range.
    if 0 <= number <= largest and number != float('inf'):
        return number
    raise HTTPException(400, f'{name}={text[:40]!r} is out of its range.')
