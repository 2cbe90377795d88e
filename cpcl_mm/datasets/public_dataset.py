"""What the public data sets share: they differ in names, keys and sizes alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from .annotation_file import find_annotation_file
from .counts import PublishedCounts
from .image_caption_dataset import ImageCaptionDataset
from .problems import NotInFileError


class PublicDataset(ImageCaptionDataset):
    """A public data set in the layout that its authors give out.

    Annotation file and ``imgs/`` lie in ``data_root``. An annotation file that looks like another
    public data set's is refused.

    Attributes:
        public_name: Its name in the literature.
        ann_files: Names that its annotation file goes by; the first that exists is read.
        image_key: Key of the image path in a record.
        published: Published size of each split that it has.
        advice: What to do where the annotation file lacks a key or a split, by its name.

    Args:
        data_root: Folder of the data set; None for ``data/<public_name>``.
        ann_file: Annotation file, relative to ``data_root`` or absolute; None for the first of
            ``ann_files`` that exists.
        **kwargs: Arguments of :class:`~cpcl_mm.datasets.ImageCaptionDataset`.

    Raises:
        FileNotFoundError: There is no annotation file; says what was looked for and what is there.
        ValueError: The file does not hold what is asked for, or is of another data set.
    """

    public_name: ClassVar[str]
    ann_files: ClassVar[tuple[str, ...]]
    image_key: ClassVar[str]
    published: ClassVar[Mapping[str, PublishedCounts]]
    advice: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self, data_root: str | None = None, ann_file: str | None = None, **kwargs: Any
    ) -> None:
        root = self.default_root() if data_root is None else data_root
        ann_file = ann_file or find_annotation_file(Path(root), self.ann_files).name
        kwargs.setdefault('image_key', self.image_key)
        try:
            super().__init__(ann_file, root, **kwargs)
        except NotInFileError as error:
            raise ValueError(f'{error} {self.advice.get(error.name, "")}'.strip()) from error

    @classmethod
    def default_root(cls) -> str:
        """Give the folder that the data set lies in unless ``data_root`` says otherwise."""
        return f'data/{cls.public_name}'
