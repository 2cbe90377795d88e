"""From a query to the images that answer it."""

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException

from .. import PersonSearcher, SearchResult
from ..images import Image
from .pictures import pick
from .query import Query
from .uploads import Uploads


@dataclass(frozen=True)
class Hit:
    """One image that was found.

    Attributes:
        rank (int): From 1.
        score (float): Higher is better.
        row (int): Of the image in the gallery.
        path (Path): The file, or the name of an array.
        is_gone (bool): Whether there is no such file.
    """

    rank: int
    score: float
    row: int
    path: Path
    is_gone: bool

    @property
    def name(self) -> str:
        """File and folder: enough to tell images apart, and short enough for a tile."""
        return '/'.join(self.path.parts[-2:])


@dataclass(frozen=True)
class Answer:
    """What a search gave.

    Attributes:
        hits (list[Hit]): Best first.
        milliseconds (float): How long it took.
        notes (list[str]): What the person should know.
    """

    hits: list[Hit]
    milliseconds: float
    notes: list[str]


class Finder:
    """Answers queries about a gallery.

    Args:
        searcher (PersonSearcher): With a gallery that does not change from now on.
        uploads (Uploads): Images that queries may name.

    Raises:
        ValueError: If the gallery is empty.
    """

    def __init__(self, searcher: PersonSearcher, uploads: Uploads) -> None:
        self.searcher = searcher
        self.uploads = uploads
        self._names = searcher.gallery.names
        self._rows = {name: row for row, name in enumerate(self._names)}
        # The first search builds the index: better now than while somebody waits.
        searcher.gallery.search(searcher.gallery.features[:1], topk=1)

    def __len__(self) -> int:
        return len(self._names)

    def path(self, row: int) -> str:
        """Give the image file of a row.

        Args:
            row (int): From 0.

        Returns:
            str: The file, which need not exist any more.

        Raises:
            HTTPException: 404 if there is no such row, or its image never had a file.
        """
        name = pick(self._names, row)
        if not Path(name).is_absolute():
            raise HTTPException(404, f'The image {name} was indexed from memory: it has no file.')
        return name

    def find(self, query: Query) -> Answer:
        """Search.

        Args:
            query (Query): With a sentence, an image or both.

        Returns:
            Answer: The images.

        Raises:
            HTTPException: 400 or 404 with what is wrong with the query.
        """
        start = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            try:
                results = self._search(query)
            # OSError: an image that goes between two looks at it.
            except (ValueError, OSError) as error:
                raise HTTPException(400, f'This cannot be searched for: {error}.') from error
        milliseconds = 1000 * (time.perf_counter() - start)
        hits = [self._hit(result) for result in results]
        # That the end of a sentence was ignored, for example.
        notes = [str(warning.message) for warning in caught if warning.category is UserWarning]
        return Answer(hits, milliseconds, notes + _note_on_gone(hits))

    def _search(self, query: Query) -> list[SearchResult]:
        image = self._query_image(query)
        if image is None:
            return self.searcher.search(query.text, query.topk, query.ranker)
        if not query.text:
            return self.searcher.search_by_image(image, query.topk, query.ranker)
        return self.searcher.search_combined(
            query.text, image, query.topk, query.weight, query.ranker
        )

    def _query_image(self, query: Query) -> Image | None:
        if query.upload:
            return self.uploads.get(query.upload)
        return None if query.like is None else self.path(query.like)

    def _hit(self, result: SearchResult) -> Hit:
        path = Path(result.path)
        is_gone = not (path.is_absolute() and path.exists())
        return Hit(result.rank, result.score, self._rows[result.path], path, is_gone)


def _note_on_gone(hits: Sequence[Hit]) -> list[str]:
    number = sum(hit.is_gone for hit in hits)
    if not number:
        return []
    return [
        f'{number} of these {len(hits)} images {"is" if number == 1 else "are"} gone since they '
        'were indexed: tools/index_gallery.py --prune takes out what is gone.'
    ]
