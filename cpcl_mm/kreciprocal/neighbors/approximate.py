"""Approximate search, for so many samples that all products would take hours on a CPU."""

import numpy as np
import torch
from mmengine.dist import is_main_process
from mmengine.logging import print_log
from torch import Tensor

from cpcl_mm.utils.main_process import run_on_main

from . import inverted_file
from .found import Neighbors, for_all_rows
from .ranking import rank_all
from .topk import propose

_RECALL_SAMPLE = 500


def find_approximately(
    features: Tensor, k: int, num_threads: int = 1, shared: bool = False
) -> Neighbors:
    """Find most of the k nearest rows of every row, and say in the log how many.

    Candidates come from an inverted file, and then from the neighbors of the neighbors. They are
    ordered as exactly as everywhere. The result is the same for any number of threads, and of
    ranks on equal processors.

    Memory beyond the features and the result: at most ``4 D`` bytes a sample on every rank, and a
    table of the neighbors of a rank's share.

    Args:
        features: (N, D) float32, contiguous, rows of unit length, on the CPU.
        k: Neighbors per row, the row itself included, from 2; no more than N are given.
        num_threads: Threads to work on.
        shared: In a distributed run, share the rows out over the ranks.

    Returns:
        The neighbors and the estimated recall.

    Raises:
        ImportError: If faiss cannot be imported.
        RuntimeError: If ``shared`` and another rank failed.
    """
    total = len(features)
    keep = min(k, total) - 1
    train = inverted_file.train_cells
    cells = run_on_main(train, features) if shared else train(features)

    def first_look(rows: range) -> Tensor:
        candidates = inverted_file.propose(features, rows, keep, cells, num_threads)
        return rank_all(
            features, torch.arange(rows.start, rows.stop), keep, candidates, num_threads
        )

    table = for_all_rows(first_look, total, shared)

    def second_look(rows: range) -> Tensor:
        candidates = inverted_file.look_again(table, rows, num_threads)
        return rank_all(
            features, torch.arange(rows.start, rows.stop), keep, candidates, num_threads
        )

    table = for_all_rows(second_look, total, shared)
    estimate = (features, table, num_threads)
    recall = run_on_main(estimate_recall, *estimate) if shared else estimate_recall(*estimate)
    _report(total, len(cells), recall)
    return Neighbors(table, recall)


def estimate_recall(features: Tensor, table: Tensor, num_threads: int = 1, seed: int = 0) -> float:
    """Estimate the share of true neighbors in a table, by exact search for a sample of rows.

    Args:
        features: (N, D) float32, contiguous, rows of unit length.
        table: (N, K) int32, neighbors that were found, each point its own first.
        num_threads: Threads to work on.
        seed: Of the sample.

    Returns:
        In [0, 1]; the point itself does not count.
    """
    total, width = table.shape
    size = min(total, _RECALL_SAMPLE)
    chosen = np.sort(np.random.default_rng(seed).choice(total, size, replace=False))
    rows = torch.from_numpy(chosen)
    candidates = propose(features, rows, width - 1, 'float32')
    exact = rank_all(features, rows, width - 1, candidates, num_threads)[:, 1:]
    hits = (exact[:, :, None] == table[rows, None, 1:]).any(dim=2)
    return float(hits.double().mean())


def _report(total: int, cells: int, recall: float) -> None:
    """Say that neighbors are not exact."""
    if is_main_process():
        print_log(
            f'nearest neighbors: APPROXIMATE for {total} samples ({inverted_file.PROBES} of '
            f'{cells} cells searched, then neighbors of neighbors); estimated recall '
            f'{recall:.4f}, against exact search for {min(total, _RECALL_SAMPLE)} random samples. '
            'approximate_above=None searches exactly.',
            logger='current',
        )
