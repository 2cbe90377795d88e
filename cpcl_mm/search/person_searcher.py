"""Searching images of persons by a sentence, by an image, or by both."""

import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
import PIL.Image

from cpcl_mm.evaluation import RankedQuery
from cpcl_mm.visualization import draw_ranked_sheet

from .encoder import Encoder, prepare_query
from .gallery import Gallery, ModelOrigin
from .gallery_file import GalleryFile
from .images import Image, Images, find_images, version_of
from .indexing import IndexReport, encode_files
from .loading import load_encoder
from .reranking import Ranker
from .vector_index import IndexSettings


@dataclass(frozen=True)
class SearchResult:
    """One image that a search found."""

    rank: int  # from 1
    score: float  # cosine of query and image, or what a ranker makes of it; higher is better
    path: str  # of the image file

    @property
    def is_gone(self) -> bool:
        """Whether the file was removed since it was indexed."""
        return not Path(self.path).exists()


Results = list[SearchResult]


class PersonSearcher:
    """Searches a gallery of images with a trained model.

    Args:
        model (str | Path | Encoder): A checkpoint of this package, which holds its own config;
            ``'cpcl-tiny'``, the small CLIP that comes with the package; a folder that
            tools/export_onnx.py wrote; or any encoder.
        config (str | Path, optional): Config file of the training, where the checkpoint alone does
            not do. Defaults to None.
        device (str, optional): Such as ``'cpu'`` or ``'cuda:1'``. Defaults to None: a GPU where
            there is one.
        batch_size (int): Images a batch. Defaults to 64.
        num_threads (int, optional): Threads that decode images. Defaults to None: one a core, at
            most 8.
        index (str | IndexSettings, optional): How to search: ``'exact'``, or for large galleries
            ``'ivf'`` or ``'hnsw'``. Defaults to None: as a gallery that is loaded says, or exact.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If the files do not make a retriever.

    Examples:
        .. code:: python

            from cpcl_mm.search import PersonSearcher
            searcher = PersonSearcher('work_dirs/clip_itc_synthetic/epoch_8.pth')
            print(searcher.index('crops/', save_to='crops.npz'))
            for result in searcher.search('a man in a red jacket', topk=5):
                print(result.rank, result.score, result.path)
    """

    def __init__(
        self,
        model: str | Path | Encoder,
        config: str | Path | None = None,
        device: str | None = None,
        batch_size: int = 64,
        num_threads: int | None = None,
        index: str | IndexSettings | None = None,
    ) -> None:
        if isinstance(model, str | Path):
            model = load_encoder(model, config, device)
        self.encoder: Encoder = model
        self.batch_size = batch_size
        self.num_threads = num_threads or min(8, os.cpu_count() or 1)
        origin = ModelOrigin(model.fingerprint, os.path.abspath(model.source))  # noqa: PTH100
        self._settings = IndexSettings(index) if isinstance(index, str) else index
        self.gallery = Gallery(origin, self._settings)
        self._opened: Path | None = None

    @classmethod
    def open(
        cls,
        gallery: str | Path,
        checkpoint: str | Path | None = None,
        config: str | Path | None = None,
        device: str | None = None,
    ) -> 'PersonSearcher':
        """Load a gallery together with the model that made it, see :meth:`load`.

        Args:
            gallery (str | Path): The gallery file.
            checkpoint (str | Path, optional): The checkpoint or its export. Defaults to None: the
                one that the gallery names.
            config (str | Path, optional): As for the class.
            device (str, optional): As for the class.
        """
        loaded = GalleryFile(gallery).load()
        checkpoint = checkpoint or loaded.model.source
        if not Path(checkpoint).exists():
            raise FileNotFoundError(
                f'the checkpoint {checkpoint} that made {gallery} is not there: say where it is '
                '(--checkpoint FILE)'
            )
        searcher = cls(checkpoint, config, device)
        searcher._take(loaded, gallery)
        return searcher

    def load(self, path: str | Path) -> None:
        """Read a gallery file, with the parts that a crash left, instead of this searcher's own.

        Raises:
            FileNotFoundError: If there is none.
            ValueError: If the file is damaged, of another version, or its gallery was made by
                another model.
        """
        self._take(GalleryFile(path).load(), path)

    def save(self, path: str | Path) -> None:
        """Write the gallery into a file, usually ``*.npz``, which is replaced in one step.

        Raises:
            BlockingIOError: If another process writes to it.
        """
        file = GalleryFile(path)
        with file.writing():
            self._write(file)

    def index(self, images: Images | Any, save_to: str | Path | None = None) -> IndexReport:
        """Add images to the gallery; those that it has, and that have not changed, stay.

        Images that cannot be used are skipped and reported.

        Args:
            images: As for :func:`~cpcl_mm.search.find_images`: folders, files or a data set.
            save_to (str | Path, optional): Gallery file that is written while indexing: a crash
                loses the last batch at most. If there is one, or a part of one, :meth:`load` it
                first. Defaults to None.

        Returns:
            IndexReport: How many images were encoded, unchanged, skipped and passed over.

        Raises:
            ValueError: If there is no image, none can be used, or ``save_to`` holds a gallery that
                has not been loaded.
            BlockingIOError: If another process writes to ``save_to``.
        """
        paths, passed_over = find_images(images)
        file = None if save_to is None else GalleryFile(save_to)
        if file and file.exists() and file.path.resolve() != self._opened:
            raise ValueError(
                f'{save_to} holds a gallery already: load({str(save_to)!r}) to go on with it, or '
                'save to another file'
            )
        fresh = [path for path in paths if not self._has(path)]
        report = IndexReport(unchanged=len(paths) - len(fresh), passed_over=passed_over)
        with file.writing() if file else nullcontext():
            self._encode(fresh, report, file)
            if not report.encoded and not report.unchanged:
                name, reason = next(iter(report.skipped.items()))
                raise ValueError(f'none of {len(paths)} images can be used; {name}: {reason}')
            if file:
                self._write(file)
        return report

    def remove_missing(self) -> list[str]:
        """Take images out of the gallery whose file is gone, and return their paths.

        :meth:`save` makes it last.
        """
        missing = [name for name in self.gallery.names if not Path(name).exists()]
        self.gallery.remove(missing)
        return missing

    @overload
    def search(self, texts: str, *args: Any, **settings: Any) -> Results: ...

    @overload
    def search(self, texts: Sequence[str], *args: Any, **settings: Any) -> list[Results]: ...

    def search(
        self,
        texts: str | Sequence[str],
        topk: int = 10,
        ranker: Ranker | None = None,
        image: Image | None = None,
        image_weight: float = 0.5,
    ) -> Results | list[Results]:
        """Search by sentences, or by each of them and an image at once.

        With an image, the score is the weighted mean of both cosines. Cosines of two images are
        usually higher and spread wider than those of a sentence and an image, so a small weight
        goes a long way.

        Args:
            texts (str | Sequence[str]): A sentence, or several.
            topk (int): Images to find; all of them where the gallery holds fewer. Defaults to 10.
            ranker (Ranker, optional): A better and slower order, such as
                :class:`~cpcl_mm.search.reranking.KReciprocal`. Defaults to None: by cosine.
            image (str | Path | ndarray | PIL.Image, optional): As for :meth:`search_by_image`.
                Defaults to None.
            image_weight (float): Of the image against the sentence, in [0, 1]. Defaults to 0.5.

        Returns:
            list[SearchResult] | list[list[SearchResult]]: Best first; a list of lists for a
            sequence.

        Raises:
            ValueError: If a sentence or the gallery is empty, topk is less than 1, the image cannot
                be used, or its weight is out of its range.
        """
        if not 0 <= image_weight <= 1:
            raise ValueError(f'image_weight={image_weight} must lie in [0, 1]')
        queries = self.encoder.encode_texts([texts] if isinstance(texts, str) else texts)
        if image is not None:
            queries = (1 - image_weight) * queries + image_weight * self._encode_image(image)
        found = self._find(queries, topk, ranker)
        return found[0] if isinstance(texts, str) else found

    def search_by_image(
        self, image: Image, topk: int = 10, ranker: Ranker | None = None
    ) -> Results:
        """Search by an image alone, otherwise as :meth:`search`.

        It is an image file, a BGR array (H, W, 3) or a Pillow image, in the gallery or not.
        """
        return self._find(self._encode_image(image), topk, ranker)[0]

    def _has(self, path: str) -> bool:
        """Whether the gallery has an image as it is now."""
        known = self.gallery.versions.get(path)
        try:
            return known is not None and version_of(path) == known
        except ValueError:
            return False

    def _encode(self, paths: Sequence[str], report: IndexReport, file: GalleryFile | None) -> None:
        """Encode images into the gallery; every batch becomes a part of the file at once."""
        parts = []
        try:
            for batch in encode_files(paths, self.encoder, self.batch_size, self.num_threads):
                report.skipped |= batch.skipped
                if not batch.entries:
                    continue
                report.encoded += len(batch.entries)
                part = Gallery(self.gallery.model, self.gallery.settings)
                part.put(batch.entries, batch.features)
                parts.append(part)
                if file:
                    file.append(part)
        finally:
            self.gallery.extend(parts)

    def _write(self, file: GalleryFile) -> None:
        """Write the gallery into a file that is kept from other processes."""
        file.save(self.gallery)
        self._opened = file.path.resolve()

    def _take(self, gallery: Gallery, path: str | Path) -> None:
        """Make a gallery that was read from a file one's own."""
        mine = self.gallery.model
        if gallery.model.fingerprint != mine.fingerprint:
            raise ValueError(
                f'the gallery {path} was made by another model: {gallery.model.source} '
                f'({gallery.model.fingerprint}), and this is {mine.source} ({mine.fingerprint}). '
                'Search with that checkpoint, or index the images anew into another file'
            )
        # The checkpoint may have moved since.
        gallery.model = mine
        gallery.settings = self._settings or gallery.settings
        self.gallery = gallery
        self._opened = GalleryFile(path).path.resolve()

    def _encode_image(self, image: Image) -> np.ndarray:
        return self.encoder.encode_images([prepare_query(self.encoder, image)])

    def _find(self, queries: np.ndarray, topk: int, ranker: Ranker | None) -> list[Results]:
        scores, rows = (ranker or Gallery.search)(self.gallery, queries, topk)
        names = self.gallery.names
        return [
            [
                SearchResult(rank, float(score), names[row])
                for rank, (score, row) in enumerate(zip(*pair, strict=True), 1)
            ]
            for pair in zip(scores, rows, strict=True)
        ]


def draw_results(
    queries: Sequence[str],
    results: Sequence[Sequence[SearchResult]],
    query_images: Sequence[str | None] | None = None,
) -> PIL.Image.Image:
    """Draw a ranked sheet, RGB: a row for every query, below what it says.

    Image files that were searched by are drawn beside the results; grey tiles stand for images that
    are gone.
    """
    query_images = query_images or [None] * len(queries)
    rows = [
        RankedQuery(
            caption=query,
            gallery_paths=[result.path for result in found],
            scores=[result.score for result in found],
            gallery_identities=[-1] * len(found),
            image_path=image,
        )
        for query, found, image in zip(queries, results, query_images, strict=True)
    ]
    return draw_ranked_sheet(rows, max(map(len, results)), 'Search results')
