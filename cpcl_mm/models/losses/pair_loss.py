"""What all plain losses of images and captions have in common."""

from abc import ABCMeta, abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn


class PairLoss(nn.Module, metaclass=ABCMeta):
    """A loss of images, their captions and what matches; :class:`InstanceLoss` makes it a term.

    A subclass says in :meth:`costs` what each pair costs.

    Args:
        reduction (str): ``'mean'`` over the batch, so that the weight does not depend on its size,
            or ``'sum'``. Defaults to ``'mean'``.

    Raises:
        ValueError: If ``reduction`` is neither of the two.
    """

    def __init__(self, reduction: Literal['mean', 'sum'] = 'mean') -> None:
        super().__init__()
        if reduction not in ('mean', 'sum'):
            raise ValueError(f"reduction must be 'mean' or 'sum', not {reduction!r}")
        self.reduction = reduction

    def forward(
        self,
        image: Tensor,
        text: Tensor,
        matches: Tensor | None = None,
        weights: Tensor | None = None,
    ) -> Tensor:
        """Compute the loss.

        Args:
            image (Tensor): L2-normalized image features (B, D).
            text (Tensor): L2-normalized caption features (B, D), row i the caption of image i.
            matches (Tensor, optional): Bool (B, B), whether image i and caption j match. Defaults
                to None: only pairs of the same row do.
            weights (Tensor, optional): Float (B,), the weight of each pair. Defaults to None: 1.

        Returns:
            Tensor: A scalar.
        """
        if matches is None:
            matches = torch.eye(len(image), dtype=torch.bool, device=image.device)
        costs = self.costs(image, text, matches)
        if weights is None:
            return costs.mean() if self.reduction == 'mean' else costs.sum()
        total = (costs * weights).sum()
        return total / weights.sum().clamp(min=1e-12) if self.reduction == 'mean' else total

    @abstractmethod
    def costs(self, image: Tensor, text: Tensor, matches: Tensor) -> Tensor:
        """Compute what each pair costs, as image and as caption.

        Args:
            image (Tensor): As for :meth:`forward`.
            text (Tensor): As for :meth:`forward`.
            matches (Tensor): As for :meth:`forward`.

        Returns:
            Tensor: Float (B,).
        """
