"""A gallery: images by name, their features, and the search over them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .vector_index import IndexSettings, Neighbors, SearchVectors, build_search


@dataclass(frozen=True)
class ModelOrigin:
    """The model that made the features of a gallery: what tells it apart, and its checkpoint."""

    fingerprint: str
    source: str

    def __post_init__(self) -> None:
        if not isinstance(self.fingerprint, str) or not isinstance(self.source, str):
            raise TypeError(f'{self} has something else than strings')


class Entry(NamedTuple):
    """An image of a gallery: its path, and what changes with its content."""

    name: str
    version: str


class Gallery:
    """Images and their features, in the order in which they came.

    Args:
        model (ModelOrigin): What makes the features.
        settings (IndexSettings): How to search them. Defaults to IndexSettings(), exact.

    Examples:
        >>> import numpy as np
        >>> from cpcl_mm.search import Entry, Gallery, ModelOrigin
        >>> gallery = Gallery(ModelOrigin('0f3a', 'epoch_20.pth'))
        >>> gallery.put([Entry('a.jpg', '1'), Entry('b.jpg', '1')], np.eye(2, dtype=np.float32))
        >>> scores, rows = gallery.search(np.array([[0.6, 0.8]], dtype=np.float32), topk=1)
        >>> gallery.names[rows[0, 0]]
        'b.jpg'
    """

    def __init__(self, model: ModelOrigin, settings: IndexSettings | None = None) -> None:
        self.model = model
        self.settings = settings or IndexSettings()
        # L2-normalized (N, D), float32, not to be written to; and the names of the images, by row.
        self.features = np.empty((0, 0), dtype=np.float32)
        self.names: list[str] = []
        self._versions: dict[str, str] = {}
        self._search: SearchVectors | None = None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def entries(self) -> list[Entry]:
        """The images, by row."""
        return [Entry(*item) for item in self._versions.items()]

    def version(self, name: str) -> str | None:
        """Give the version of an image; None where the gallery does not have it."""
        return self._versions.get(name)

    def put(self, entries: Sequence[Entry], features: np.ndarray) -> None:
        """Add n images with features (n, D); one that is there already keeps its place.

        Raises:
            ValueError: If the numbers or dimensions do not fit.
        """
        before, dimensions = self.features.shape
        wanted = (len(entries), dimensions if before else features.shape[-1])
        if features.shape != wanted:
            raise ValueError(
                f'features of shape {features.shape} for a gallery that takes {wanted}'
            )
        self._versions.update(entries)
        row_of = {name: row for row, name in enumerate(self._versions)}
        grown = np.empty((len(row_of), wanted[1]), dtype=np.float32)
        if before:
            grown[:before] = self.features
        grown[[row_of[entry.name] for entry in entries]] = features
        self._set_features(grown)

    def remove(self, names: Iterable[str]) -> None:
        """Take images out by name; the others keep their order.

        Raises:
            KeyError: If one of them is not in the gallery.
        """
        gone = set(names)
        unknown = sorted(gone - self._versions.keys())
        if unknown:
            raise KeyError(f'{unknown[0]!r} is not in the gallery (nor {len(unknown) - 1} others)')
        kept = [name not in gone for name in self.names]
        self._versions = {name: v for name, v in self._versions.items() if name not in gone}
        self._set_features(self.features[kept])

    def search(self, queries: np.ndarray, topk: int) -> Neighbors:
        """Find the best images of every query.

        The first search after a change builds the index; an approximate one takes a while.

        Args:
            queries (np.ndarray): L2-normalized features (Q, D).
            topk (int): How many; all of them where the gallery holds fewer.

        Returns:
            tuple[np.ndarray, np.ndarray]: Cosines (Q, k) float32 and rows (Q, k) int64, best first.

        Raises:
            ValueError: If the gallery is empty or topk is less than 1.
        """
        if not len(self):
            raise ValueError('the gallery is empty: index images first')
        if topk < 1:
            raise ValueError(f'topk={topk}: expected a whole number from 1')
        if self._search is None:
            self._search = build_search(self.features, self.settings)
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        return self._search(queries, min(topk, len(self)))

    def _set_features(self, features: np.ndarray) -> None:
        features.setflags(write=False)
        self.features = features
        self.names = list(self._versions)
        self._search = None
