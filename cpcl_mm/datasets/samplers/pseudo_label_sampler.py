"""Batches of P pseudo identities with K samples each."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from cpcl_mm.registry import DATA_SAMPLERS

from ..image_caption_dataset import ImageCaptionDataset


@DATA_SAMPLERS.register_module()
class PseudoLabelSampler(Sampler[int]):
    """Samples pairs, or images, so that those of one image cluster come K at a time.

    Clusters are visited in random order; each visit takes K samples of the cluster, all different
    where it has as many, and a cluster is visited about once for every K of its samples. Outliers
    count as clusters of their own when they are kept. The length of an epoch is that of the data
    set, whatever the labels are, since schedulers and loops are built for it; before there are
    labels, samples come in random order.

    :class:`~cpcl_mm.engine.PseudoLabelHook` hands the labels over.

    Args:
        dataset (ImageCaptionDataset): Its view must be ``'pairs'`` or ``'images'``.
        num_per_label (int): K. Defaults to 4.
        outliers (str): ``'keep'`` or ``'drop'`` outliers; a pair is one if image and caption both
            are. Defaults to ``'keep'``.
        seed (int, optional): The same on all ranks; None takes one and shares it.

    Raises:
        ValueError: If the view is another, or a setting is out of its range.
    """

    def __init__(
        self,
        dataset: ImageCaptionDataset,
        num_per_label: int = 4,
        outliers: Literal['keep', 'drop'] = 'keep',
        seed: int | None = None,
    ) -> None:
        if dataset.view not in ('pairs', 'images'):
            raise ValueError(
                f"PseudoLabelSampler needs the view 'pairs' or 'images', not {dataset.view!r}"
            )
        if num_per_label < 1:
            raise ValueError(f'num_per_label must be at least 1, not {num_per_label}')
        if outliers not in ('keep', 'drop'):
            raise ValueError(f"outliers must be 'keep' or 'drop', not {outliers!r}")
        self.rank, self.world_size = get_dist_info()
        self.num_samples = len(dataset)
        # The image of every sample: of a pair, that of its caption.
        self.images = (
            dataset.image_of_caption if dataset.view == 'pairs' else np.arange(len(dataset))
        )
        self.num_per_label = num_per_label
        self.outliers = outliers
        self.seed = sync_random_seed() if seed is None else seed
        self.epoch = 0
        self.labels: np.ndarray | None = None

    def set_pseudo_labels(
        self, image_labels: np.ndarray, text_labels: np.ndarray | None = None
    ) -> None:
        """Take the labels of a clustering.

        Args:
            image_labels (np.ndarray): Int64 (Nv,), -1 for outliers.
            text_labels (np.ndarray, optional): Int64 (Nt,), -1 for outliers, for the view
                ``'pairs'``. Defaults to None: only images decide what is an outlier.
        """
        labels = image_labels[self.images]
        # Below -1, so that every outlier is a group of its own.
        labels = np.where(labels >= 0, labels, -2 - np.arange(len(labels)))
        if self.outliers == 'drop':
            without_text = True if text_labels is None else text_labels < 0
            labels = np.where((labels < 0) & without_text, -1, labels)
        self.labels = labels

    def set_epoch(self, epoch: int) -> None:
        """Draw other numbers in another epoch.

        Args:
            epoch (int): The epoch, the same on all ranks.
        """
        self.epoch = epoch

    def __len__(self) -> int:
        """Number of samples of one rank, rounded up."""
        return -(-self.num_samples // self.world_size)

    def __iter__(self) -> Iterator[int]:
        """Yield the samples of this rank."""
        rng = np.random.default_rng((self.seed, self.epoch))
        order = rng.permutation(self.num_samples) if self.labels is None else self._grouped(rng)
        total = len(self) * self.world_size
        order = np.resize(order, total)
        return iter(order[self.rank :: self.world_size].tolist())

    def _grouped(self, rng: np.random.Generator) -> np.ndarray:
        """Samples in groups of K of one label, the groups in random order."""
        assert self.labels is not None
        kept = np.flatnonzero(self.labels != -1)
        if len(kept) == 0:
            return rng.permutation(self.num_samples)
        shuffled = rng.permutation(kept)
        by_label = shuffled[np.argsort(self.labels[shuffled], kind='stable')]
        _, starts = np.unique(self.labels[by_label], return_index=True)
        groups = [
            group for members in np.split(by_label, starts[1:]) for group in self._split(members)
        ]
        return np.concatenate([groups[index] for index in rng.permutation(len(groups))])

    def _split(self, members: np.ndarray) -> list[np.ndarray]:
        """Groups of K members; the last one is filled up from the first members."""
        if len(members) == 1:
            return [members]
        rounds = -(-len(members) // self.num_per_label)
        return np.split(np.resize(members, rounds * self.num_per_label), rounds)
