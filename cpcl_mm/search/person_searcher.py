"""Searching images of persons by a sentence, by an image, or by both."""

import os
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, overload

import numpy as np

from cpcl_mm.utils.image_file import MAX_PIXELS

from .encoder import Encoder, prepare_checked
from .encoder_loading import load_encoder
from .gallery import Gallery, ModelOrigin
from .gallery_file import GalleryFile
from .images import Image
from .indexing import EncodedBatch, IndexReport, encode_sources
from .reranking import Ranker
from .results import SearchResult
from .sources import Images, ImageSource, find_images
from .vector_index import IndexSettings

Results = list[SearchResult]


class PersonSearcher:
    """Searches a gallery of images with a trained model.

    Args:
        model (str | Path | Encoder): A checkpoint of this package, which holds its own config; a
            config file (``.py``), with the checkpoint as ``pretrained``; a folder that
            tools/export_onnx.py wrote; or any encoder.
        pretrained (str | Path, optional): The checkpoint that belongs to a config file. Defaults
            to None.
        device (str, optional): Such as ``'cpu'`` or ``'cuda:1'``. Defaults to None: a GPU where
            there is one.
        batch_size (int): Images a batch. Defaults to 64.
        num_threads (int, optional): Threads that decode images. Defaults to None: one a core, at
            most 8.
        index (str | IndexSettings, optional): How to search: ``'exact'``, or for large galleries
            ``'ivf'`` or ``'hnsw'``. Defaults to None: as a gallery that is loaded says, or exact.
        max_pixels (int): Larger image files are skipped. Defaults to 50 million.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If the files do not make a retriever.

    Examples:
        .. code:: python

            from cpcl_mm.search import PersonSearcher
            searcher = PersonSearcher('work_dirs/clip_itc_synthetic/epoch_20.pth')
            print(searcher.index('crops/', save_to='crops.npz'))
            for result in searcher.search('a man in a red jacket', topk=5):
                print(result.rank, result.score, result.path)
    """

    def __init__(
        self,
        model: str | Path | Encoder,
        pretrained: str | Path | None = None,
        device: str | None = None,
        batch_size: int = 64,
        num_threads: int | None = None,
        index: str | IndexSettings | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        if isinstance(model, str | Path):
            model = load_encoder(model, pretrained, device)
        self.encoder: Encoder = model
        self.batch_size = batch_size
        self.num_threads = num_threads or min(8, os.cpu_count() or 1)
        self.max_pixels = max_pixels
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
        """Load a gallery together with the model that made it.

        Args:
            gallery (str | Path): The gallery file.
            checkpoint (str | Path, optional): The checkpoint or its export. Defaults to None: the
                one that the gallery names.
            config (str | Path, optional): Config file of the training. Defaults to None: the
                checkpoint holds it.
            device (str, optional): As for the class.

        Returns:
            PersonSearcher: Ready to search.

        Raises:
            FileNotFoundError: If the gallery or the checkpoint is not there.
            ValueError: As for :meth:`load`.
        """
        loaded = GalleryFile(gallery).load()
        checkpoint = checkpoint or loaded.model.source
        if not Path(checkpoint).exists():
            raise FileNotFoundError(
                f'the checkpoint {checkpoint} that made {gallery} is not there: say where it is '
                '(--checkpoint FILE)'
            )
        searcher = cls(config or checkpoint, checkpoint if config else None, device)
        searcher._take(loaded, gallery)
        return searcher

    def index(self, images: Images | Any, save_to: str | Path | None = None) -> IndexReport:
        """Add images to the gallery; those that it has, and that have not changed, stay.

        Images that cannot be used are skipped and reported.

        Args:
            images: A folder, searched with all folders below it; an image file; a sequence of
                folders and files, or of BGR arrays (H, W, 3) and Pillow images; arrays by name; the
                config of a data set; or a data set.
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
        sources, passed_over = find_images(images)
        file = None if save_to is None else GalleryFile(save_to)
        if file and file.exists() and file.path.resolve() != self._opened:
            raise ValueError(
                f'{save_to} holds a gallery already: load({str(save_to)!r}) to go on with it, or '
                'save to another file'
            )
        fresh = [source for source in sources if not self._has(source)]
        report = IndexReport(unchanged=len(sources) - len(fresh), passed_over=passed_over)
        with file.writing() if file else nullcontext():
            self._encode(fresh, report, file)
            if not report.encoded and not report.unchanged:
                name, reason = next(iter(report.skipped.items()))
                raise ValueError(f'none of {len(sources)} images can be used; {name}: {reason}')
            if file:
                self._write(file)
        return report

    def _has(self, source: ImageSource) -> bool:
        """Whether the gallery has an image as it is now."""
        known = self.gallery.version(source.name)
        try:
            return known is not None and source.version() == known
        except ValueError:
            return False

    def _encode(
        self, sources: Sequence[ImageSource], report: IndexReport, file: GalleryFile | None
    ) -> None:
        """Encode images into the gallery; every batch becomes a part of the file at once."""
        batches: list[EncodedBatch] = []
        try:
            for batch in encode_sources(
                sources, self.encoder, self.batch_size, self.num_threads, self.max_pixels
            ):
                report.encoded += len(batch.entries)
                report.skipped |= batch.skipped
                if batch.entries:
                    batches.append(batch)
                if batch.entries and file:
                    part = Gallery(self.gallery.model, self.gallery.settings)
                    part.put(batch.entries, batch.features)
                    file.append(part)
        finally:
            # Once, and not a batch at a time: the gallery is copied.
            if batches:
                self.gallery.put(
                    [entry for batch in batches for entry in batch.entries],
                    np.concatenate([batch.features for batch in batches]),
                )

    def remove(self, names: Iterable[str]) -> None:
        """Take images out of the gallery; :meth:`save` makes it last.

        Args:
            names (Iterable[str]): Paths, as results have them.

        Raises:
            KeyError: If one of them is not in the gallery.
        """
        self.gallery.remove(names)

    def remove_missing(self) -> list[str]:
        """Take images out of the gallery whose file is gone; :meth:`save` makes it last.

        Returns:
            list[str]: The paths. Arrays, which have none, stay.
        """
        missing = [
            name
            for name in self.gallery.names
            if Path(name).is_absolute() and not Path(name).exists()
        ]
        self.gallery.remove(missing)
        return missing

    @overload
    def search(  # type: ignore[overload-overlap]  # a string is a sequence of strings, too
        self, texts: str, topk: int = 10, ranker: Ranker | None = None
    ) -> Results: ...

    @overload
    def search(
        self, texts: Sequence[str], topk: int = 10, ranker: Ranker | None = None
    ) -> list[Results]: ...

    def search(
        self, texts: str | Sequence[str], topk: int = 10, ranker: Ranker | None = None
    ) -> Results | list[Results]:
        """Search by sentences.

        Args:
            texts (str | Sequence[str]): A sentence, or several.
            topk (int): Images to find; all of them where the gallery holds fewer. Defaults to 10.
            ranker (Ranker, optional): A better and slower order, see
                :mod:`cpcl_mm.search.reranking`. Defaults to None: by cosine.

        Returns:
            list[SearchResult] | list[list[SearchResult]]: Best first; a list of lists for a
            sequence.

        Raises:
            ValueError: If a sentence or the gallery is empty, or topk is less than 1.
        """
        if isinstance(texts, str):
            return self._find(self.encoder.encode_texts([texts]), topk, ranker)[0]
        return self._find(self.encoder.encode_texts(texts), topk, ranker)

    def search_by_image(
        self, image: Image, topk: int = 10, ranker: Ranker | None = None
    ) -> Results:
        """Search by an image, which need not be in the gallery.

        Args:
            image (str | Path | ndarray | PIL.Image): An image file, a BGR array (H, W, 3) or a
                Pillow image.
            topk (int): As for :meth:`search`.
            ranker (Ranker, optional): As for :meth:`search`.

        Returns:
            list[SearchResult]: Best first.

        Raises:
            ValueError: If the image cannot be used, or as for :meth:`search`.
        """
        return self._find(self._encode_image(image), topk, ranker)[0]

    def search_combined(
        self,
        text: str,
        image: Image,
        topk: int = 10,
        image_weight: float = 0.5,
        ranker: Ranker | None = None,
    ) -> Results:
        """Search by a sentence and an image at once.

        The score is the weighted mean of both cosines. Cosines of two images are usually higher and
        spread wider than those of a sentence and an image, so a small weight goes a long way.

        Args:
            text (str): A sentence.
            image (str | Path | ndarray | PIL.Image): As for :meth:`search_by_image`.
            topk (int): As for :meth:`search`.
            image_weight (float): Of the image against the sentence, in [0, 1]. Defaults to 0.5.
            ranker (Ranker, optional): As for :meth:`search`.

        Returns:
            list[SearchResult]: Best first.

        Raises:
            ValueError: As for :meth:`search_by_image`, or if the weight is out of its range.
        """
        if not 0 <= image_weight <= 1:
            raise ValueError(f'image_weight={image_weight} must lie in [0, 1]')
        text_part = (1 - image_weight) * self.encoder.encode_texts([text])
        return self._find(text_part + image_weight * self._encode_image(image), topk, ranker)[0]

    def save(self, path: str | Path) -> None:
        """Write the gallery: features, paths, index settings and what model made them.

        Args:
            path (str | Path): The file, usually ``*.npz``; it is replaced in one step.

        Raises:
            BlockingIOError: If another process writes to it.
        """
        file = GalleryFile(path)
        with file.writing():
            self._write(file)

    def _write(self, file: GalleryFile) -> None:
        """Write the gallery into a file that is kept from other processes."""
        file.save(self.gallery)
        self._opened = file.path.resolve()

    def load(self, path: str | Path) -> None:
        """Read a gallery in the place of this searcher's own.

        Args:
            path (str | Path): What :meth:`save` or :meth:`index` wrote, parts included that a crash
                left.

        Raises:
            FileNotFoundError: If there is none.
            ValueError: If the file is damaged, of another version, or its gallery was made by
                another model.
        """
        self._take(GalleryFile(path).load(), path)

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
        try:
            prepared = prepare_checked(self.encoder, image, self.max_pixels)
        except ValueError as error:
            name = str(image) if isinstance(image, str | Path) else 'given'
            raise ValueError(f'the query image {name}: {error}') from error
        return self.encoder.encode_images([prepared])

    def _find(self, queries: np.ndarray, topk: int, ranker: Ranker | None) -> list[Results]:
        if ranker is None:
            scores, rows = self.gallery.search(queries, topk)
        else:
            scores, rows = ranker(self.gallery, queries, topk)
        names = self.gallery.names
        return [
            [
                SearchResult(rank, float(score), names[row])
                for rank, (score, row) in enumerate(zip(*pair, strict=True), 1)
            ]
            for pair in zip(scores, rows, strict=True)
        ]
