"""A gallery: images by name, their features, and the search over them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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


class Gallery:
    """Images and their features, in the order in which they came.

    ``names`` has the path of each image, ``versions`` by name what changes with its content, and
    ``features``, L2-normalized (N, D) float32, cannot be written to.

    Args:
        model (ModelOrigin): What makes the features.
        settings (IndexSettings): How to search them. Defaults to IndexSettings(), exact.

    Examples:
        >>> import numpy as np
        >>> from cpcl_mm.search import Gallery, ModelOrigin
        >>> gallery = Gallery(ModelOrigin('0f3a', 'epoch_20.pth'))
        >>> gallery.put([('a.jpg', '1'), ('b.jpg', '1')], np.eye(2, dtype=np.float32))
        >>> scores, rows = gallery.search(np.array([[0.6, 0.8]], dtype=np.float32), topk=1)
        >>> gallery.names[rows[0, 0]]
        'b.jpg'
    """

    def __init__(self, model: ModelOrigin, settings: IndexSettings | None = None) -> None:
        self.model = model
        self.settings = settings or IndexSettings()
        self.features = np.empty((0, 0), dtype=np.float32)
        self.names: list[str] = []
        self.versions: dict[str, str] = {}
        self._search: SearchVectors | None = None

    def __len__(self) -> int:
        return len(self.names)

    def put(self, entries: Sequence[tuple[str, str]], features: np.ndarray) -> None:
        """Add n images by name and version; one that is there already keeps its place.

        Args:
            entries (Sequence[tuple[str, str]]): Names and versions; of a name that comes twice,
                the later one counts.
            features (np.ndarray): L2-normalized (n, D).

        Raises:
            ValueError: If the numbers or dimensions do not fit.
        """
        before, dimensions = self.features.shape
        wanted = (len(entries), dimensions if before else features.shape[-1])
        if features.shape != wanted:
            raise ValueError(
                f'features of shape {features.shape} for a gallery that takes {wanted}'
            )
        self.versions.update(entries)
        row_of = {name: row for row, name in enumerate(self.versions)}
        grown = np.empty((len(row_of), wanted[1]), dtype=np.float32)
        if before:
            grown[:before] = self.features
        grown[[row_of[name] for name, _ in entries]] = features
        self._set_features(grown)

    def extend(self, parts: Sequence['Gallery']) -> None:
        """Add the images of other galleries, all at once, since each call copies the features."""
        if parts:
            entries = [entry for part in parts for entry in part.versions.items()]
            self.put(entries, np.concatenate([part.features for part in parts]))

    def remove(self, names: Iterable[str]) -> None:
        """Take images out by name; the others keep their order."""
        gone = set(names)
        self.versions = {name: v for name, v in self.versions.items() if name not in gone}
        self._set_features(self.features[[name not in gone for name in self.names]])

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
        self.names = list(self.versions)
        self._search = None
