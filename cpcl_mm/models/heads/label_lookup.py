"""Pseudo labels of the samples in a batch."""

import torch
from torch import Tensor


def look_up_labels(labels: Tensor, index: Tensor, what: str) -> Tensor:
    """Find the pseudo labels of samples.

    Args:
        labels (Tensor): Int64 (N,), of every sample of the training set; empty before the first
            clustering.
        index (Tensor): Int64 (B,), numbers of samples.
        what (str): What the samples are, for an error: ``'images'`` or ``'captions'``.

    Returns:
        Tensor: Int64 (B,), -1 for outliers, and for all before the first clustering.

    Raises:
        ValueError: If a sample has no label.
    """
    if len(labels) == 0:
        return torch.full_like(index, -1)
    if index.max() >= len(labels):
        raise ValueError(
            f'sample {int(index.max())} has no pseudo label: the labels are those of '
            f'{len(labels)} {what}, so they belong to another data set than this run trains on'
        )
    return labels[index]
