"""What all memories have in common."""

from abc import ABCMeta, abstractmethod

import torch
from torch import Tensor, nn

from cpcl_mm.pseudo_labels import Labels, Samples

from ..pair_batch import PairBatch


class Memory(nn.Module, metaclass=ABCMeta):
    """What a head keeps from batch to batch, beside the weights.

    It is rebuilt when an epoch brings labels, and follows the features after every step. Its
    tensors are in :attr:`state`, by name: PseudoLabelHook saves them for a run that is resumed, and
    no ``state_dict`` has them, for they mean nothing on another data set.

    Args:
        labels (str): Modality whose labels it follows, ``'image'`` or ``'text'``.
    """

    def __init__(self, labels: str) -> None:
        super().__init__()
        self.labels = labels
        self.state: dict[str, Tensor] = {}

    @property
    def needs(self) -> frozenset[str]:
        """Modalities whose features of the whole training set :meth:`rebuild` reads."""
        return frozenset({self.labels})

    @abstractmethod
    def rebuild(self, labels: Labels, samples: Samples, device: torch.device) -> None:
        """Begin with new labels.

        Args:
            labels (Labels): Of the whole training set.
            samples (Samples): Features of the modalities in :attr:`needs`.
            device (torch.device): Where the model is.
        """

    @abstractmethod
    def follow(self, batch: PairBatch) -> None:
        """Take what a step has brought; called with the pairs of all ranks, without gradient.

        Args:
            batch (PairBatch): The pairs that the losses of the step have read.
        """
