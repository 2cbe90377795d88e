"""What all losses over a batch of pairs have in common."""

from abc import ABCMeta, abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from cpcl_mm.pseudo_labels import Labels

from ..pair_batch import PairBatch


class BatchLoss(nn.Module, metaclass=ABCMeta):
    """A term of :class:`~cpcl_mm.models.MatchingHead`: a batch of pairs in, a scalar out.

    A subclass says in :meth:`forward` what the term is; weight and start are seen to by the head.

    Args:
        loss_weight (float): Factor of the term in the sum. Defaults to 1.
        start_epoch (int): Epochs that are trained without the term. Defaults to 0.

    Raises:
        ValueError: If ``start_epoch`` is negative.
    """

    memories: tuple[str, ...] = ()
    """Names of the memories that it reads."""
    tokens: tuple[str, ...] = ()
    """Inputs, such as ``'image'`` and ``'text'``, whose projected tokens it reads as
    ``<input>_tokens``."""

    def __init__(self, loss_weight: float = 1.0, start_epoch: int = 0) -> None:
        super().__init__()
        if start_epoch < 0:
            raise ValueError(f'start_epoch must be at least 0, not {start_epoch}')
        self.loss_weight, self.start_epoch = loss_weight, start_epoch

    def check_labels(self, labels: Labels) -> None:
        """Refuse labels that the term cannot learn from, before an epoch; by default none.

        Args:
            labels (Labels): Of the whole training set.

        Raises:
            ValueError: If they do not fit.
        """

    @abstractmethod
    def forward(self, batch: PairBatch, memories: Mapping[str, Any]) -> Tensor:
        """Compute the term, without its weight.

        Args:
            batch (PairBatch): The pairs of all ranks.
            memories (Mapping[str, Memory]): The memories of the head, by name.

        Returns:
            Tensor: A scalar, the same on every rank.
        """
