"""The mmengine metrics of image-to-image retrieval."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from cpcl_mm.registry import METRICS

from .feature_metric import CollectedItems, FeatureItem, FeatureMetric
from .ranking import average_scores


@METRICS.register_module()
class ImageReIDMetric(FeatureMetric):
    """R@k (CMC), mAP and mINP of images that search images, in percent.

    Every image of the split is a query in turn, and the split is its gallery, without the images of
    the same identity *and* the same group. By default the group of an image is its number, so that
    the query itself is left out and nothing else; with a key that holds the number of its camera,
    it is the protocol of the re-identification benchmarks. See
    :func:`cpcl_mm.evaluation.rank_scores` for the scores.

    Args:
        topk (int | Sequence[int]): The k of R@k. Defaults to (1, 5, 10).
        group_key (str): Key of the data samples' meta information that holds the group, a whole
            number from 0. Defaults to ``'image_index'``.
        prefix (str, optional): Put before the names of the scores. Defaults to None: ``'reid'``.
    """

    default_prefix = 'reid'

    def __init__(
        self,
        topk: int | Sequence[int] = (1, 5, 10),
        group_key: str = 'image_index',
        prefix: str | None = None,
    ) -> None:
        super().__init__(topk, prefix)
        self.group_key = group_key

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep the L2-normalized ``feature`` (D,), number, identity and group of each image.

        Raises:
            KeyError: If a sample lacks one of them.
            ValueError: If an image has no identity.
        """
        for sample in data_samples:
            needed = ('feature', 'image_index', 'identity', self.group_key)
            missing = [key for key in needed if key not in sample]
            if missing:
                raise KeyError(
                    f'ImageReIDMetric needs {missing} in every data sample: `feature` comes from '
                    "the model's head, such as ClusterContrastHead, the others from `meta_keys` of "
                    'the pipeline that packs the images'
                )
            if sample['identity'] < 0:
                raise ValueError(
                    f'image {sample["image_index"]} ({sample.get("img_path")}) has no identity: '
                    'evaluation needs `id` in every record of the annotation file'
                )
            numbers = (sample['image_index'], sample['identity'], sample[self.group_key])
            self.results.append(FeatureItem(self.own_feature(sample), tuple(map(int, numbers))))

    def compute_metrics(self, results: CollectedItems) -> dict[str, float]:
        """Score the collected images, with ``(image_index, identity, group)`` each.

        Raises:
            ValueError: If an image came twice, or no identity has two images to be compared.
        """
        images, identities, groups = results.numbers.T
        self.check_distinct(images, 'images', 'images')
        part = (results.features, identities)
        return self.rank(part, part, groups=(groups, groups))


@METRICS.register_module()
class GalleryMetric(BaseMetric):
    """R@k, mAP and mINP of mmpretrain's ``ImageToImageRetriever``, in percent.

    The same scores as everywhere in this package, with AP over the whole gallery. mmpretrain's
    ``RetrievalRecall`` and ``RetrievalAveragePrecision`` stop with an error under NumPy 2.4, which
    has no ``np.in1d`` any more.

    Args:
        topk (int | Sequence[int]): The k of R@k. Defaults to (1, 5, 10).
        **settings: Of mmengine's ``BaseMetric``: ``collect_device``, ``prefix``, ``collect_dir``.
    """

    default_prefix = 'retrieval'

    def __init__(self, topk: int | Sequence[int] = (1, 5, 10), **settings: Any) -> None:
        super().__init__(**settings)
        self.topk = (topk,) if isinstance(topk, int) else tuple(topk)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Score each query by ``pred_score`` (N,), and ``gt_label`` (M,), its matches' indices."""
        for sample in data_samples:
            scores, matches = (sample[key].cpu().numpy() for key in ('pred_score', 'gt_label'))
            self.results.append(score_query(scores, matches))

    def compute_metrics(self, results: list[np.ndarray]) -> dict[str, float]:
        """Average over the queries."""
        return average_scores(np.stack(results), self.topk).as_dict()


def score_query(scores: np.ndarray, matches: np.ndarray) -> np.ndarray:
    """Give rank of the first match, AP and INP of one query, (3,); zeros without a match.

    It has scores of the gallery (N,), and the gallery indices of its matches (M,).
    """
    if len(matches) == 0:
        return np.zeros(3)
    others = np.sort(np.delete(scores, matches))
    ahead = len(others) - np.searchsorted(others, np.sort(scores[matches])[::-1])
    places = np.arange(1, len(matches) + 1)
    ranks = places + ahead
    return np.array([ranks[0], np.mean(places / ranks), len(matches) / ranks[-1]])
