"""Where a copy of a data set lies, and what it should hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cpcl_mm.datasets.annotation_file import find_annotation_file
from cpcl_mm.datasets.counts import PublishedCounts
from cpcl_mm.datasets.cuhk_pedes import CUHKPEDES
from cpcl_mm.datasets.icfg_pedes import ICFGPEDES
from cpcl_mm.datasets.public_dataset import PublicDataset
from cpcl_mm.datasets.records import RecordKeys
from cpcl_mm.datasets.rstp_reid import RSTPReid
from cpcl_mm.synthetic.generation import ANNOTATIONS, IMAGES, read_counts

PUBLIC: dict[str, type[PublicDataset]] = {
    each.public_name: each for each in (CUHKPEDES, ICFGPEDES, RSTPReid)
}
SYNTHETIC = 'SyntheticPedes'
OTHER = 'ImageCaptionDataset'
NAMES = (*PUBLIC, SYNTHETIC, OTHER)


@dataclass(frozen=True)
class DatasetCopy:
    """A copy of a data set.

    Attributes:
        name: One of :data:`NAMES`.
        ann_file: The annotation file.
        image_root: Folder that image paths are relative to.
        keys: Names of the record keys.
        expected: Split to the size that it should have; empty where nothing is known.
    """

    name: str
    ann_file: Path
    image_root: Path
    keys: RecordKeys = RecordKeys()
    expected: Mapping[str, PublishedCounts] = field(default_factory=dict)

    @property
    def is_public(self) -> bool:
        """Whether it has published figures."""
        return self.name in PUBLIC


def locate(
    name: str,
    root: Path | None = None,
    ann_file: str | None = None,
    image_folder: str = IMAGES,
    keys: Mapping[str, str] | None = None,
) -> DatasetCopy:
    """Find the files of a copy and what they should hold.

    Args:
        name: One of :data:`NAMES`; ``'ImageCaptionDataset'`` is any other data set.
        root: Folder of the copy; None for ``data/<name>``.
        ann_file: Annotation file, relative to ``root`` or absolute; None for the usual one.
        image_folder: Image folder, relative to ``root`` or absolute.
        keys: Fields of :class:`~cpcl_mm.datasets.records.RecordKeys` that differ from the usual.

    Returns:
        The copy.

    Raises:
        FileNotFoundError: There is no annotation file.
        FileExistsError: ``root`` does not hold SyntheticPedes.
        ValueError: The name is unknown, or the annotation file of another data set is not named.
    """
    if name not in NAMES:
        raise ValueError(f'unknown data set {name!r}, expected one of {", ".join(NAMES)}.')
    if name == OTHER and ann_file is None:
        raise ValueError(f'{OTHER} has no usual annotation file: name it by --ann-file.')
    root = Path('data', name) if root is None else root
    own_keys = {'image': PUBLIC[name].image_key} if name in PUBLIC else {}
    path = root / ann_file if ann_file else find_annotation_file(root, _usual_names(name))
    record_keys = RecordKeys(**{**own_keys, **(keys or {})})
    return DatasetCopy(name, path, root / image_folder, record_keys, _expected(name, root))


def _usual_names(name: str) -> tuple[str, ...]:
    return PUBLIC[name].ann_files if name in PUBLIC else (ANNOTATIONS,)


def _expected(name: str, root: Path) -> Mapping[str, PublishedCounts]:
    if name == SYNTHETIC:
        return {split: PublishedCounts(**counts) for split, counts in read_counts(root).items()}
    return PUBLIC[name].published if name in PUBLIC else {}
