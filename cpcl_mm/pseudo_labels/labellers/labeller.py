"""What all labellers have in common."""

from abc import ABC, abstractmethod
from dataclasses import replace

from cpcl_mm.utils.sharing import run_on_main

from ..labels import Labels
from ..samples import Samples


class Labeller(ABC):
    """A strategy that labels the training set without, or with, true identities.

    A subclass says in :attr:`needs` what features it reads and in :meth:`label` what the labels
    are. Numbers without samples are closed up afterwards. In a distributed run every rank calls
    with the same samples, and all get the labels of the main rank.
    """

    needs: frozenset[str] = frozenset()
    """Modalities whose features it reads: ``'image'``, ``'text'``."""
    needs_identities: bool = False
    """Whether it has no labels for a data set without true identities."""

    def __call__(self, samples: Samples) -> Labels:
        """Label the samples.

        Args:
            samples: With the features of the modalities in :attr:`needs`.

        Returns:
            The labels, the same on every rank, without gaps in their numbers.

        Raises:
            ValueError: If the samples cannot be labelled, or the labels do not fit them.
        """
        return run_on_main(_settled, self.label(samples), samples)

    @abstractmethod
    def label(self, samples: Samples) -> Labels:
        """Find the labels; called on every rank."""


def _settled(labels: Labels, samples: Samples) -> Labels:
    labels.check({modality: len(samples.identities_of(modality)) for modality in labels.of})
    return replace(labels.without_gaps(), seconds=dict(labels.seconds))
