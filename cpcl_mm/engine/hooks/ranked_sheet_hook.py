"""The hook that draws ranked results after a test."""

from pathlib import Path

import numpy as np
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner

from cpcl_mm.evaluation import TextPersonRetrievalMetric
from cpcl_mm.registry import HOOKS
from cpcl_mm.visualization import draw_ranked_sheet


@HOOKS.register_module()
class RankedSheetHook(Hook):
    """Draw the ranked queries of a test: captions with their best images, right and wrong marked.

    The queries are those that the test evaluator's
    :class:`~cpcl_mm.evaluation.TextPersonRetrievalMetric` kept. The sheet is written to a file and
    added to the Runner's visualizer (TensorBoard, for one).

    Args:
        out_dir (str, optional): Folder of the sheet. Defaults to None, the work directory.
        topk (int): Images to draw for a query, as far as the metric kept them. Defaults to 10.
    """

    priority = 'LOW'

    def __init__(self, out_dir: str | None = None, topk: int = 10) -> None:
        self.out_dir, self.topk = out_dir, topk

    @master_only
    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Draw, write and log the sheet."""
        scored = [
            metric
            for metric in runner.test_evaluator.metrics
            if isinstance(metric, TextPersonRetrievalMetric)
        ]
        queries = [query for metric in scored for query in metric.ranked_queries]
        if not scored:
            return
        if not queries:
            print_log('No ranked queries to draw: see num_sheet_queries.', logger='current')
            return
        sheet = draw_ranked_sheet(queries, self.topk)
        path = Path(self.out_dir or runner.work_dir) / 'ranked_results.png'
        path.parent.mkdir(parents=True, exist_ok=True)
        sheet.save(path)
        runner.visualizer.add_image(path.stem, np.asarray(sheet), step=runner.iter)
        print_log(f'Ranked results are drawn in {path}', logger='current')
