"""The drawn data sets, made on first use: pedestrians, and a catalog to pretrain on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cpcl_mm.registry import DATASETS
from cpcl_mm.synthetic import (
    CatalogSettings,
    SyntheticSettings,
    ensure_synthetic_catalog,
    ensure_synthetic_pedes,
)

from .image_caption_dataset import ImageCaptionDataset


@DATASETS.register_module()
class SyntheticPedes(ImageCaptionDataset):
    """Procedurally drawn pedestrians with captions: no photograph, no real person.

    Images and annotation file are written below ``data_root`` when they are not there yet.

    Args:
        data_root: Folder of the data set.
        ann_file: Annotation file below it.
        settings: Fields of :class:`~cpcl_mm.synthetic.SyntheticSettings` to change,
            such as sizes and the strength of each nuisance. Give another ``data_root`` with
            them: a folder holds the data of one setting.
        **kwargs: Arguments of :class:`~cpcl_mm.datasets.ImageCaptionDataset`.
    """

    mark = r'/(train|val|test)/\d+_\d+\.[^/]+$'
    """A pattern of its image paths, by which the file is told from another data set's."""

    def __init__(
        self,
        data_root: str = 'data/SyntheticPedes',
        ann_file: str = 'data_captions.json',
        settings: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        ensure_synthetic_pedes(Path(data_root), SyntheticSettings(**(settings or {})))
        super().__init__(ann_file=ann_file, data_root=data_root, **kwargs)


@DATASETS.register_module()
class SyntheticCatalog(ImageCaptionDataset):
    """Pictures of single garments, faces and models with short captions, to pretrain on.

    Images and annotation file are written below ``data_root`` when they are not there yet.

    Args:
        data_root: Folder of the data set.
        settings: Fields of :class:`~cpcl_mm.synthetic.CatalogSettings` to change. Give another
            ``data_root`` with them: a folder holds the data of one setting.
        **kwargs: Arguments of :class:`~cpcl_mm.datasets.ImageCaptionDataset`.
    """

    def __init__(
        self,
        data_root: str = 'data/SyntheticCatalog',
        settings: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        ensure_synthetic_catalog(Path(data_root), CatalogSettings(**(settings or {})))
        super().__init__(ann_file='data_captions.json', data_root=data_root, **kwargs)
