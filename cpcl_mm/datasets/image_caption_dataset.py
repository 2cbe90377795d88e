"""The data set of images with captions, seen as pairs, images, captions or a retrieval task."""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from torch.utils.data import Dataset

from cpcl_mm.registry import DATASETS

from .names import UNKNOWN_IDENTITY, RecordKeys, common_split
from .noisy_pairs import add_noisy_pairs
from .problems import NotInFileError
from .records import ImageRecord
from .split_loading import Source, load_split
from .transforms.pipeline import Pipeline, build_pipeline
from .transforms.tokenize import vocabulary_of, warn_of_unknown_words

View = Literal['pairs', 'images', 'captions', 'retrieval']
VIEWS = ('pairs', 'images', 'captions', 'retrieval')


@DATASETS.register_module()
class ImageCaptionDataset(Dataset):
    """Images of a split, each with one or more captions.

    The annotation file holds one object per image::

        {"img_path": "a/001.jpg", "captions": ["a man in red"], "id": 7, "split": "train"}

    ``id`` may be missing: training never reads it, only evaluation does. The objects are a JSON
    list (``.json``), one a line (``.jsonl``), or the rows of a table (``.csv``); a JSON map from
    images to captions works, too, see
    :func:`~cpcl_mm.datasets.annotation_file.read_annotation_file`. Several usual names of each key
    are known: :class:`~cpcl_mm.datasets.names.RecordKeys`.

    A view says what one item is:

    - ``'pairs'``: an image and one of its captions; the items of a split are as many as its
      captions, and item ``j`` is caption ``j``. For training.
    - ``'images'``: every image once. ``'captions'``: every caption once. For features.
    - ``'retrieval'``: every image once (the gallery), then every caption once (the queries).

    An item, before the pipeline, is a dict with ``modality`` (``'pair'``, ``'image'`` or
    ``'text'``), ``image_index`` and ``caption_index`` (numbers within the split; -1 for the caption
    of an image item), ``identity`` as the file has it and ``identity_label``, the same as a number
    0..K-1 (both -1 when unknown), ``sample_idx``, and as the view has them ``img_path`` and
    ``caption``.

    The data set never changes after loading: labels that training makes up are looked up by
    ``image_index`` and ``caption_index``, so that workers cannot hold stale ones.

    Args:
        ann_file: Annotation file, relative to ``data_root`` or absolute; its suffix tells the
            format. A dict names a file for each split, whose records need not name it.
        data_root: Folder of the data set.
        data_prefix: ``img_path`` is the folder, relative to ``data_root`` or absolute, that
            image paths are relative to.
        split: The split to load, as named in the file.
        view: The view, see above.
        pipeline: Transforms (configs or callables) that an item goes through.
        image_key: Key of the image path in a record, or the name of its column in a table, if
            it is not one of the usual names; so are the other keys.
        captions_key: Key of the captions.
        identity_key: Key of the identity.
        split_key: Key of the split.
        bad_records: ``'error'`` raises at the first unusable record or image of the split;
            ``'skip'`` leaves such records out with a counted warning.
        repeated_images: Records that show an image of an earlier record: ``'merge'`` adds their
            captions to it and counts them in the log, ``'error'`` makes them unusable.
        check_images: ``'quick'``, ``'decode'``, ``'exists'`` or ``'none'``, see
            :func:`~cpcl_mm.datasets.image_check.check_images`.
        noisy_pairs: ``dict(share=0.2, seed=0)`` or ``dict(index_file=...)`` gives some images the
            captions of others, for training only, see
            :func:`~cpcl_mm.datasets.noisy_pairs.add_noisy_pairs`.

    Raises:
        FileNotFoundError: The annotation file or the image folder is missing.
        ValueError: The file does not hold what is asked for; the text names file, record,
            value and remedy.
    """

    image_folder: ClassVar[str] = 'imgs'
    """The folder of the images where ``data_prefix`` names none."""

    def __init__(
        self,
        ann_file: str | Mapping[str, str],
        data_root: str = '',
        data_prefix: Mapping[str, str] | None = None,
        split: str = 'train',
        view: View = 'pairs',
        pipeline: Pipeline = (),
        image_key: str | None = None,
        captions_key: str | None = None,
        identity_key: str | None = None,
        split_key: str | None = None,
        bad_records: str = 'error',
        repeated_images: str = 'merge',
        check_images: str = 'quick',
        noisy_pairs: Mapping[str, Any] | None = None,
    ) -> None:
        prefix = {'img_path': self.image_folder} if data_prefix is None else data_prefix
        if 'img_path' not in prefix:
            raise ValueError(
                f"data_prefix={dict(prefix)} has no key 'img_path', the folder of the images"
            )
        self.split = split
        file, file_split = _file_of_split(ann_file, split)
        self.ann_file = str(Path(data_root, file))
        self.keys = RecordKeys.named(image_key, captions_key, identity_key, split_key)
        images = Path(data_root, prefix['img_path'])
        self.images: tuple[ImageRecord, ...] = load_split(
            Source(Path(data_root, file), images, self.keys, file_split, repeated_images),
            split,
            bad_records,
            check_images,
            self.check_records,
        )
        self.noisy_share = 0.0
        if noisy_pairs:
            name = f'split {split!r} of {self.ann_file}'
            self.images, self.noisy_share = add_noisy_pairs(self.images, name=name, **noisy_pairs)
        self.captions: tuple[tuple[str, int], ...] = tuple(
            (caption, index)
            for index, image in enumerate(self.images)
            for caption in image.captions
        )
        self.image_of_caption = _frozen([index for _, index in self.captions])
        self.identities = _frozen([image.identity for image in self.images])
        self.identity_labels = _numbered(self.identities)
        self._set_view(view, pipeline)

    def _set_view(self, view: View, pipeline: Pipeline) -> None:
        if view not in VIEWS:
            raise ValueError(f'view={view!r}, expected one of {", ".join(VIEWS)}.')
        if view == 'retrieval' and self.noisy_share:
            raise ValueError('noisy_pairs is for training: wrong pairs would make scores wrong')
        unknown = int((self.identities == UNKNOWN_IDENTITY).sum())
        if view == 'retrieval' and unknown:
            raise ValueError(
                f'{unknown} of the {len(self.images)} images of split {self.split!r} of '
                f'{self.ann_file} have no identity (key {self.keys.identity[0]!r}), and evaluation '
                'needs it to know which images match a caption. Add them, or evaluate on another '
                'split; training needs none. tools/convert_annotations.py adds them: --id-pattern '
                'reads them from the paths, --image-is-identity makes every image its own.'
            )
        self.view = view
        self.pipeline = build_pipeline(pipeline)
        vocabulary = vocabulary_of(self.pipeline.transforms)
        if vocabulary and view != 'images':
            name = f'split {self.split!r} of {self.ann_file}'
            warn_of_unknown_words([caption for caption, _ in self.captions], vocabulary, name)

    def with_view(self, view: View, pipeline: Pipeline | None = None) -> 'ImageCaptionDataset':
        """Look at the same records in another way.

        Args:
            view: The view of the new data set.
            pipeline: Its transforms; None keeps this data set's.

        Returns:
            A data set that shares this one's records.
        """
        sibling = copy.copy(self)
        sibling._set_view(view, self.pipeline.transforms if pipeline is None else pipeline)
        return sibling

    @classmethod
    def check_records(cls, ann_file: Path, records: Sequence[ImageRecord]) -> None:
        """Raise where an annotation file, here any, is of another data set than this class."""

    def check_labels(self, numbers: Mapping[str, int]) -> None:
        """Refuse pseudo labels of another data set.

        Args:
            numbers: How many labels there are, by modality, ``'image'`` and ``'text'``.

        Raises:
            ValueError: If there are more or fewer than images or captions.
        """
        own = {'image': len(self.images), 'text': len(self.captions)}
        wrong = [modality for modality, number in numbers.items() if number != own[modality]]
        if wrong:
            found = ' and '.join(f'{number} {m} labels' for m, number in numbers.items())
            raise ValueError(
                f'the checkpoint has {found}, but the training set has {own["image"]} images and '
                f'{own["text"]} captions: resume with the data set of the checkpoint, or start '
                'from its weights by load_from instead of resume'
            )

    @property
    def metainfo(self) -> dict[str, str | int | float]:
        """What the data set is, for mmengine's evaluators, visualizers and checkpoints."""
        return {
            'dataset': type(self).__name__,
            'split': self.split,
            'view': self.view,
            'num_images': len(self.images),
            'num_captions': len(self.captions),
            'noisy_share': self.noisy_share,
        }

    def __len__(self) -> int:
        images = len(self.images) if self.view in ('images', 'retrieval') else 0
        return images + (0 if self.view == 'images' else len(self.captions))

    def __getitem__(self, index: int) -> Any:
        """Return item ``index`` of the view as the pipeline makes it."""
        result = self.pipeline(self.get_item(index))
        if result is None:
            raise ValueError(
                f'the pipeline made None of item {index}, {self.get_item(index)}: each item counts '
                'here, so no transform may drop one'
            )
        return result

    def get_item(self, index: int) -> dict[str, Any]:
        """Return item ``index`` of the view before the pipeline.

        Raises:
            IndexError: ``index`` is not within the data set.
        """
        if not 0 <= index < len(self):
            raise IndexError(f'item {index} of a data set of {len(self)}')
        modality, image_index, caption_index = self._locate(index)
        image = self.images[image_index]
        item = {
            'modality': modality,
            'image_index': image_index,
            'caption_index': caption_index,
            'identity': image.identity,
            'identity_label': int(self.identity_labels[image_index]),
            'sample_idx': index,
        }
        if modality != 'text':
            item['img_path'] = image.path
        if modality != 'image':
            item['caption'] = self.captions[caption_index][0]
        return item

    def _locate(self, index: int) -> tuple[str, int, int]:
        """Give modality, number of the image and number of the caption of an item of the view."""
        caption_index = index - (len(self) - len(self.captions))
        if self.view == 'images' or caption_index < 0:
            return 'image', index, -1
        modality = 'pair' if self.view == 'pairs' else 'text'
        return modality, self.captions[caption_index][1], caption_index


def _file_of_split(ann_file: str | Mapping[str, str], split: str) -> tuple[str, str | None]:
    """Choose the file of a split, and the split of those of its records that name none."""
    if isinstance(ann_file, str):
        return ann_file, None
    for name in (split, common_split(split)):
        if name in ann_file:
            return ann_file[name], name
    raise NotInFileError(
        f'ann_file={dict(ann_file)} names no file of split {split!r}. Add it, or set split=... of '
        'the data set to one of these.',
        split,
    )


def _frozen(numbers: list[int] | np.ndarray) -> np.ndarray:
    array = np.array(numbers, dtype=np.int64)
    array.setflags(write=False)
    return array


def _numbered(identities: np.ndarray) -> np.ndarray:
    """Give numbers to the known identities 0..K-1 in their order."""
    labels = np.full(len(identities), UNKNOWN_IDENTITY)
    known = identities != UNKNOWN_IDENTITY
    labels[known] = np.unique(identities[known], return_inverse=True)[1]
    return _frozen(labels)
