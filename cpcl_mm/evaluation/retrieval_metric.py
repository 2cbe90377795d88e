"""The mmengine metric of text-based person retrieval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from mmengine.dist import is_main_process

from cpcl_mm.registry import METRICS

from .feature_metric import CollectedItems, FeatureItem, FeatureMetric

SHEET_TOPK = 10  # Images that are kept for each query of a picture.


@dataclass(frozen=True)
class RankedQuery:
    """A caption and the best gallery images for it, best first."""

    caption: str
    gallery_paths: list[str]
    scores: list[float]  # cosines of caption and image
    gallery_identities: list[int]  # -1 where unknown
    identity: int = -1  # that the caption describes; -1 where unknown
    image_path: str | None = None  # of the image that the caption was written for

    @property
    def is_match(self) -> list[bool | None]:
        """Whether each image shows the described person; None where that is unknown."""
        if self.identity < 0:
            return [None] * len(self.gallery_paths)
        return [None if i < 0 else i == self.identity for i in self.gallery_identities]


@METRICS.register_module()
class TextPersonRetrievalMetric(FeatureMetric):
    """R@k, mAP and mINP of text-to-image and image-to-text retrieval, in percent.

    The data set must be of the view that gives all images once and then all captions once
    (``view='retrieval'``). A match is an item of the same identity; a query's own image stays in
    the gallery. See :func:`cpcl_mm.evaluation.rank_scores` for the scores.

    After an evaluation, ``ranked_queries`` (on the main process) holds some captions, evenly
    spread over the split, with their best images: what
    :class:`cpcl_mm.engine.hooks.RankedSheetHook` draws.

    Args:
        topk (int | Sequence[int]): The k of R@k. Defaults to (1, 5, 10).
        num_sheet_queries (int): Number of captions to keep for a picture. Defaults to 6.
        prefix (str, optional): Put before the names of the scores. Defaults to None.
    """

    # Not None, for which BaseMetric warns at every start: the directions already name the scores.
    default_prefix = ''

    def __init__(
        self,
        topk: int | Sequence[int] = (1, 5, 10),
        num_sheet_queries: int = 6,
        prefix: str | None = None,
    ) -> None:
        super().__init__(topk, prefix)
        self.num_sheet_queries = num_sheet_queries
        self.ranked_queries: list[RankedQuery] = []

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep the L2-normalized ``feature`` (D,), the indices and the identity of each item.

        Raises:
            ValueError: If an item has no identity.
        """
        for sample in data_samples:
            if sample['identity'] < 0:
                raise ValueError(
                    f'Item (image {sample["image_index"]}, caption {sample["caption_index"]}, '
                    f'{sample.get("img_path") or sample.get("caption")!r}) has no identity: '
                    'evaluation needs `id` in every record of the annotation file.'
                )
            numbers = (sample['image_index'], sample['caption_index'], sample['identity'])
            is_image = sample['modality'] == 'image'
            self.results.append(
                FeatureItem(
                    self.own_feature(sample),
                    tuple(map(int, numbers)),
                    sample.get('img_path' if is_image else 'caption'),
                )
            )

    def compute_metrics(self, results: CollectedItems) -> dict[str, float]:
        """Score the items and, on the main process, keep some ranked queries for a picture.

        Each item has the numbers ``(image_index, caption_index, identity)``.

        Raises:
            ValueError: If an item is missing its counterpart or came twice.
        """
        features, numbers = results
        images, captions = np.flatnonzero(numbers[:, 1] < 0), np.flatnonzero(numbers[:, 1] >= 0)
        if not len(images) or not len(captions):
            raise ValueError(
                f'Retrieval is scored on images and captions, got {len(images)} images and '
                f"{len(captions)} captions: give the data set of this evaluator view='retrieval'."
            )
        self.check_distinct(numbers[:, :2], 'items', 'retrieval')
        sheet = self._rank_for_sheet(results, images, captions)
        self.ranked_queries = sheet if is_main_process() else []
        image, text = ((features[rows], numbers[rows, 2]) for rows in (images, captions))
        return {
            f'{way}/{name}': score
            for way, queries, gallery in (('t2i', text, image), ('i2t', image, text))
            for name, score in self.rank(queries, gallery, f'{way}: ').items()
        }

    def _rank_for_sheet(
        self, items: CollectedItems, images: np.ndarray, captions: np.ndarray
    ) -> list[RankedQuery]:
        """Rank the images for some captions, evenly spread over all."""
        number = min(self.num_sheet_queries, len(captions))
        if number < 1:
            return []
        queries = captions[np.linspace(0, len(captions) - 1, number).round().astype(int)]
        cosines = items.features[queries] @ items.features[images].T
        ordered = cosines.sort(dim=1, descending=True, stable=True)
        scores, found = (array[:, :SHEET_TOPK].numpy() for array in ordered)
        found = images[found]
        numbers = items.numbers
        image_of = dict(zip(numbers[images, 0].tolist(), images.tolist(), strict=True))
        own = [image_of.get(index) for index in numbers[queries, 0].tolist()]
        shown = [*queries.tolist(), *found.flatten().tolist(), *own]
        names = self.names_of({item for item in shown if item is not None})
        return [
            RankedQuery(
                caption=names[query] or '',
                gallery_paths=[names[image] or '' for image in row],
                scores=row_scores.tolist(),
                gallery_identities=numbers[row, 2].tolist(),
                identity=int(numbers[query, 2]),
                image_path=None if image is None else names.get(image),
            )
            for query, image, row, row_scores in zip(queries, own, found, scores, strict=True)
        ]
