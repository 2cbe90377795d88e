"""The mmengine metric around the ranking scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from cpcl_mm.registry import METRICS

from .ranked_query import RankedQuery
from .ranking import Features, Identities, rank_scores, top_gallery

DIRECTIONS = ('t2i', 'i2t')


@dataclass(frozen=True)
class _Item:
    """One image or one caption (``caption_index >= 0``) of the split, as the model saw it."""

    feature: np.ndarray
    image_index: int
    caption_index: int
    identity: int
    caption: str
    img_path: str | None


@METRICS.register_module()
class TextPersonRetrievalMetric(BaseMetric):
    """R@k, mAP and mINP of text-to-image and image-to-text retrieval, in percent.

    The data set must be of the view that gives all images once and then all captions once
    (``view='retrieval'``). A match is an item of the same identity; a query's own image stays in
    the gallery. See :func:`cpcl_mm.evaluation.rank_scores` for the scores.

    After an evaluation, ``ranked_queries`` (on the main process) holds some captions, evenly
    spread over the split, with their best images: what
    :class:`cpcl_mm.engine.hooks.RankedSheetHook` draws.

    Args:
        topk (int | Sequence[int]): The k of R@k. Defaults to (1, 5, 10).
        directions (Sequence[str]): ``'t2i'`` (captions search images), ``'i2t'`` (images search
            captions), or both. Defaults to both.
        num_sheet_queries (int): Number of captions to keep for a picture. Defaults to 6.
        sheet_topk (int): Number of images to keep for each of them. Defaults to 10.
        collect_device (str): Device by which results of several processes are collected, 'cpu' or
            'gpu'. Defaults to 'cpu'.
        prefix (str, optional): Put before the names of the scores. Defaults to None.
        collect_dir (str, optional): Folder by which results are collected under
            ``collect_device='cpu'``. Defaults to None.

    Examples:
        Use in the code:

        >>> import torch
        >>> from cpcl_mm.evaluation import TextPersonRetrievalMetric
        >>> images = torch.eye(3)
        >>> captions = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.6, 0.8]])
        >>> TextPersonRetrievalMetric.calculate(
        ...     images, captions, [7, 8, 9], [7, 8], topk=1, directions=['t2i'])
        {'t2i/R@1': 50.0, 't2i/mAP': 75.0, 't2i/mINP': 75.0}

        Use in OpenMMLab configs:

        .. code:: python

            val_evaluator = dict(type='TextPersonRetrievalMetric')
            test_evaluator = val_evaluator
    """

    # Not None, for which BaseMetric warns at every start: the directions already name the scores.
    default_prefix = ''

    def __init__(
        self,
        topk: int | Sequence[int] = (1, 5, 10),
        directions: Sequence[str] = DIRECTIONS,
        num_sheet_queries: int = 6,
        sheet_topk: int = 10,
        collect_device: str = 'cpu',
        prefix: str | None = None,
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix, collect_dir=collect_dir)
        _check_directions(directions)
        self.topk = topk
        self.directions = directions
        self.num_sheet_queries = num_sheet_queries
        self.sheet_topk = sheet_topk
        self.ranked_queries: list[RankedQuery] = []

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep feature and annotation of each item; one result per item.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Predictions of the retriever, with ``feature``, an
                L2-normalised tensor ``(D,)``, and the indices and the identity of the item.

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
            self.results.append(
                _Item(
                    # A copy: a view would pickle, and keep, the features of its whole batch.
                    feature=sample['feature'].detach().to('cpu', torch.float32).numpy().copy(),
                    image_index=int(sample['image_index']),
                    caption_index=int(sample['caption_index']),
                    identity=int(sample['identity']),
                    caption=sample.get('caption') or '',
                    img_path=sample.get('img_path'),
                )
            )

    def compute_metrics(self, results: list[_Item]) -> dict[str, float]:
        """Score the collected items and keep some ranked queries for a picture.

        Args:
            results (list): One result per item of the data set.

        Returns:
            dict[str, float]: Percentages by name, such as ``t2i/R@1`` and ``i2t/mAP``.

        Raises:
            ValueError: If an item is missing its counterpart or came twice.
        """
        images = [item for item in results if item.caption_index < 0]
        captions = [item for item in results if item.caption_index >= 0]
        _check_items(images, captions)
        self.ranked_queries = self._rank_for_sheet(images, captions)
        return self.calculate(
            _stack(images),
            _stack(captions),
            [item.identity for item in images],
            [item.identity for item in captions],
            topk=self.topk,
            directions=self.directions,
        )

    @staticmethod
    def calculate(
        image_features: Features,
        caption_features: Features,
        image_identities: Identities,
        caption_identities: Identities,
        topk: int | Sequence[int] = (1, 5, 10),
        directions: Sequence[str] = DIRECTIONS,
    ) -> dict[str, float]:
        """Score features, without a Runner.

        Args:
            image_features: L2-normalised features of all images, ``(num_images, D)``.
            caption_features: L2-normalised features of all captions, ``(num_captions, D)``.
            image_identities: Identities of the images, ``(num_images,)``.
            caption_identities: Identities of the captions, ``(num_captions,)``.
            topk (int | Sequence[int]): The k of R@k. Defaults to (1, 5, 10).
            directions (Sequence[str]): Defaults to ('t2i', 'i2t').

        Returns:
            dict[str, float]: Percentages by name, such as ``t2i/R@1`` and ``i2t/mAP``.

        Raises:
            ValueError: If the arrays do not fit, or no query has a match.
        """
        _check_directions(directions)
        images = (image_features, image_identities)
        captions = (caption_features, caption_identities)
        ks = (topk,) if isinstance(topk, int) else tuple(topk)
        metrics = {}
        for direction in directions:
            query, gallery = (captions, images) if direction == 't2i' else (images, captions)
            scores = rank_scores(query[0], gallery[0], query[1], gallery[1], ks)
            if scores.num_without_match:
                print_log(
                    f'{direction}: {scores.num_without_match} of {scores.num_queries} queries '
                    'have no match in the gallery and are left out of the scores.',
                    logger='current',
                )
            metrics.update({f'{direction}/{name}': x for name, x in scores.as_dict().items()})
        return metrics

    def _rank_for_sheet(self, images: list[_Item], captions: list[_Item]) -> list[RankedQuery]:
        """Rank the images for some captions, evenly spread over all."""
        number = min(self.num_sheet_queries, len(captions))
        if number < 1:
            return []
        spread = np.linspace(0, len(captions) - 1, number).round().astype(int)
        queries = [captions[index] for index in spread]
        indices, scores = top_gallery(_stack(queries), _stack(images), self.sheet_topk)
        paths = {image.image_index: image.img_path for image in images}
        return [
            RankedQuery(
                caption=query.caption,
                gallery_paths=[images[index].img_path or '' for index in row],
                scores=row_scores.tolist(),
                gallery_identities=[images[index].identity for index in row],
                identity=query.identity,
                image_path=paths.get(query.image_index),
            )
            for query, row, row_scores in zip(queries, indices, scores, strict=True)
        ]


def _stack(items: list[_Item]) -> np.ndarray:
    """Features of the items, ``(len(items), D)``."""
    return np.stack([item.feature for item in items])


def _check_directions(directions: Sequence[str]) -> None:
    """Refuse anything but a list of known directions."""
    if isinstance(directions, str) or not directions or not set(directions) <= set(DIRECTIONS):
        raise ValueError(f'directions must be a list out of {DIRECTIONS}, got {directions!r}.')


def _check_items(images: list[_Item], captions: list[_Item]) -> None:
    """Refuse a data set without images or captions, and items that came twice."""
    if not images or not captions:
        raise ValueError(
            f'Retrieval is scored on images and captions, got {len(images)} images and '
            f"{len(captions)} captions: give the data set of this evaluator view='retrieval'."
        )
    number = len(images) + len(captions)
    distinct = {(item.image_index, item.caption_index) for item in images + captions}
    if len(distinct) < number:
        raise ValueError(
            f'Only {len(distinct)} of {number} evaluated items differ: use a sampler that gives '
            "each item once, dict(type='DefaultSampler', shuffle=False)."
        )
