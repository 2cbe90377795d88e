"""What the public data sets share: they differ in constants alone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

from .annotation_file import describe_folder
from .image_caption_dataset import ImageCaptionDataset
from .problems import NotInFileError
from .records import ImageRecord

AnnFile = str | Mapping[str, str]

REID_FILES = {'train': 'train_reid.json', 'val': 'val_reid.json', 'test': 'test_reid.json'}
"""A file for each split, as TBPS-CLIP, RaSa and APTM have the public data sets."""

ALL = 'all'
"""The name of all splits together, where only the size of the whole is published."""


@dataclass(frozen=True)
class PublishedCounts:
    """The size that a split should have: that of the annotation file its authors give out.

    Attributes:
        identities: People; 0, here and below, where nothing is published.
        images: Images.
        captions: Captions.
        captions_in_papers: Number of captions that papers print, where that is another one.
    """

    identities: int = 0
    images: int = 0
    captions: int = 0
    captions_in_papers: int | None = None


class PublicDataset(ImageCaptionDataset):
    """A public data set in the layout that its authors give out.

    A new one is a subclass with these constants. Annotation file and images lie in ``data_root``.

    Attributes:
        public_name: Its name in the literature.
        ann_files: Names that its annotation file goes by, or file names by split; the first that
            exists is read.
        image_folder: Folder of the images below ``data_root``.
        mark: A pattern that its image paths match; the file of another data set, whose own mark
            matches instead, is refused.
        published: Published size of each split that it has, or of :data:`ALL`.
        advice: What to do where the annotation file lacks a key or a split, by its name.
        sources: Older data sets that its images are cut from. What two data sets share here, they
            may share people of.

    Args:
        data_root: Folder of the data set; None for ``data/<public_name>``.
        ann_file: Annotation file, as for :class:`~cpcl_mm.datasets.ImageCaptionDataset`; None
            for the first of ``ann_files`` that exists.
        split: The split to load.
        **kwargs: Arguments of :class:`~cpcl_mm.datasets.ImageCaptionDataset`.

    Raises:
        FileNotFoundError: There is no annotation file; says what was looked for and what is there.
        ValueError: The file does not hold what is asked for, or is of another data set.
    """

    public_name: ClassVar[str]
    ann_files: ClassVar[tuple[AnnFile, ...]]
    mark: ClassVar[str | None] = None
    published: ClassVar[Mapping[str, PublishedCounts]] = {}
    advice: ClassVar[Mapping[str, str]] = {}
    sources: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        data_root: str | None = None,
        ann_file: AnnFile | None = None,
        split: str = 'train',
        **kwargs: Any,
    ) -> None:
        root = self.default_root() if data_root is None else data_root
        try:
            super().__init__(
                ann_file or self.find_ann_file(Path(root)), root, split=split, **kwargs
            )
        except NotInFileError as error:
            raise ValueError(f'{error} {self.advice.get(error.name, "")}'.strip()) from error

    @classmethod
    def default_root(cls) -> str:
        """Give the folder that the data set lies in unless ``data_root`` says otherwise."""
        return f'data/{cls.public_name}'

    @classmethod
    def find_ann_file(cls, root: Path) -> AnnFile:
        """Find the first of ``ann_files`` of which a file exists in a folder.

        Raises:
            FileNotFoundError: None does; says what was looked for and what the folder holds.
        """
        names = [[each] if isinstance(each, str) else each.values() for each in cls.ann_files]
        for ann_file, files in zip(cls.ann_files, names, strict=True):
            if any((root / name).is_file() for name in files):
                return ann_file
        if not names:
            raise FileNotFoundError(
                f'{cls.public_name} has no usual name of its annotation file: name it by ann_file, '
                "such as ann_file=dict(train='FILE')."
            )
        looked_for = ' and '.join(dict.fromkeys(chain(*names)))
        raise FileNotFoundError(
            f'no annotation file in {root}: looked for {looked_for}, but {describe_folder(root)}. '
            'Set data_root to where the data set lies, or ann_file to a file of another name.'
        )

    @classmethod
    def check_records(cls, ann_file: Path, records: Sequence[ImageRecord]) -> None:
        """Raise if an annotation file looks like another data set's; say what loads it."""
        if cls.mark is None or _share_of(cls.mark, records) > 0.5:
            return
        for other in ImageCaptionDataset.__subclasses__() + PublicDataset.__subclasses__():
            mark = getattr(other, 'mark', None)
            if mark and _share_of(mark, records) > 0.5:
                name = getattr(other, 'public_name', other.__name__)
                raise ValueError(
                    f'{ann_file} looks like the annotation file of {name} (paths such as '
                    f'{records[0].path!r}), and {cls.public_name} is to be loaded. Set '
                    f'type={other.__name__!r}, or set data_root and ann_file to where '
                    f'{cls.public_name} lies.'
                )


def _share_of(mark: str, records: Sequence[ImageRecord]) -> float:
    """Give the share of images whose path matches a pattern, of at most a thousand."""
    some = records[:: max(1, len(records) // 1000)]
    matching = sum(bool(re.search(mark, record.path)) for record in some)
    return matching / len(some) if some else 0.0
