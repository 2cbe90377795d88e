"""The mmengine metric of mmpretrain's own image retrieval."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from cpcl_mm.registry import METRICS

from .ranking import average_scores, score_query


@METRICS.register_module()
class GalleryMetric(BaseMetric):
    """R@k, mAP and mINP of mmpretrain's ``ImageToImageRetriever``, in percent.

    The same scores as everywhere in this package, with AP over the whole gallery. mmpretrain's
    ``RetrievalRecall`` and ``RetrievalAveragePrecision`` stop with an error under NumPy 2.4, which
    has no ``np.in1d`` any more.

    Args:
        topk (int | Sequence[int]): The k of R@k. Defaults to (1, 5, 10).
        collect_device (str): Device by which results of several processes are collected, 'cpu' or
            'gpu'. Defaults to 'cpu'.
        prefix (str, optional): Put before the names of the scores. Defaults to None:
            ``'retrieval'``.
        collect_dir (str, optional): Folder by which results are collected under
            ``collect_device='cpu'``. Defaults to None.

    Examples:
        Use in OpenMMLab configs:

        .. code:: python

            val_evaluator = dict(type='cpcl_mm.GalleryMetric')
            test_evaluator = val_evaluator
    """

    default_prefix = 'retrieval'

    def __init__(
        self,
        topk: int | Sequence[int] = (1, 5, 10),
        collect_device: str = 'cpu',
        prefix: str | None = None,
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix, collect_dir=collect_dir)
        self.topk = (topk,) if isinstance(topk, int) else tuple(topk)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Score each query; only three numbers of it are kept.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Predictions, with ``pred_score``, the scores of the
                gallery (N,), and ``gt_label``, the gallery indices of the matches (M,).
        """
        for sample in data_samples:
            scores, matches = (sample[key].cpu().numpy() for key in ('pred_score', 'gt_label'))
            self.results.append(score_query(scores, matches))

    def compute_metrics(self, results: list[np.ndarray]) -> dict[str, float]:
        """Average over the queries.

        Args:
            results (list[np.ndarray]): One result per query.

        Returns:
            dict[str, float]: Percentages by name, ``R@1`` and so on, ``mAP`` and ``mINP``.
        """
        return average_scores(np.stack(results), self.topk).as_dict()
