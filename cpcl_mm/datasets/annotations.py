"""What a reader of annotations returns: the items, and where each of them stands."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

Place = Callable[[int], str]

place_in_list: Place = 'record {} (from 0)'.format


class Annotations(NamedTuple):
    """The items of an annotation file, not yet validated.

    Attributes:
        items: One object per image, in file order.
        place: Says in words where an item stands, given its position in ``items``: errors name
            it so that the item can be found in the file.
    """

    items: Sequence[object]
    place: Place = place_in_list
