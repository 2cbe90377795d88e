"""How many people, images and captions a split has, and should have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .records import UNKNOWN_IDENTITY, ImageRecord

Quantity = Literal['identities', 'images', 'captions']
QUANTITIES: tuple[Quantity, ...] = ('identities', 'images', 'captions')


@dataclass(frozen=True)
class SplitCounts:
    """The size of a split.

    Attributes:
        identities: People; images whose identity is unknown count for none.
        images: Images.
        captions: Captions.
    """

    identities: int
    images: int
    captions: int


@dataclass(frozen=True)
class PublishedCounts(SplitCounts):
    """The size that a split should have: that of the annotation file its authors give out.

    Attributes:
        captions_in_papers: Number of captions that papers print, where that is another one.
    """

    captions_in_papers: int | None = None

    def accepts(self, quantity: Quantity, number: int) -> bool:
        """Tell whether a number is as published.

        Examples:
            >>> published = PublishedCounts(11_003, 34_054, 68_126, captions_in_papers=68_108)
            >>> published.accepts('captions', 68_108), published.accepts('images', 34_000)
            (True, False)
        """
        return number == getattr(self, quantity) or (
            quantity == 'captions' and number == self.captions_in_papers
        )


def count_split(records: Sequence[ImageRecord]) -> SplitCounts:
    """Count what the records of a split hold."""
    identities = {record.identity for record in records} - {UNKNOWN_IDENTITY}
    captions = sum(len(record.captions) for record in records)
    return SplitCounts(len(identities), len(records), captions)
