"""Pseudo labels of the samples in a batch."""

import torch
from torch import Tensor


def check_labelled(index: Tensor, labels: Tensor, what: str) -> None:
    """Refuse samples that have no pseudo label.

    Args:
        index (Tensor): Int64 (B,), numbers of samples, on the host: on a GPU the question would
            wait for all work before it.
        labels (Tensor): Int64 (N,), of every sample of the training set; empty before the first
            clustering.
        what (str): What the samples are, for an error: ``'images'`` or ``'captions'``.

    Raises:
        ValueError: If a sample has no label.
    """
    if len(labels) and index.max() >= len(labels):
        raise ValueError(
            f'sample {int(index.max())} has no pseudo label: the labels are those of '
            f'{len(labels)} {what}, so they belong to another data set than this run trains on'
        )


def look_up_labels(labels: Tensor, index: Tensor) -> Tensor:
    """Find the pseudo labels of samples.

    Args:
        labels (Tensor): Int64 (N,), of every sample of the training set; empty before the first
            clustering.
        index (Tensor): Int64 (B,), numbers of samples, all below N.

    Returns:
        Tensor: Int64 (B,), -1 for outliers, and for all before the first clustering.
    """
    return labels[index] if len(labels) else torch.full_like(index, -1)
