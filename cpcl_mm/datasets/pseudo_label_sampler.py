"""Batches of P pseudo identities with K samples each."""

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from cpcl_mm.registry import DATA_SAMPLERS

from .image_caption_dataset import ImageCaptionDataset


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
        self.of_pairs = dataset.view == 'pairs'
        # The image of every sample: of a pair, that of its caption.
        self.images = dataset.image_of_caption if self.of_pairs else np.arange(len(dataset))
        self.num_per_label = num_per_label
        self.outliers = outliers
        self.seed = sync_random_seed() if seed is None else seed
        self.epoch = 0
        self.labels: np.ndarray | None = None

    def set_labels(self, labels: Mapping[str, np.ndarray]) -> None:
        """Take the labels of an epoch.

        Args:
            labels (Mapping[str, np.ndarray]): ``image`` int64 (Nv,), -1 for outliers, and for the
                view ``'pairs'`` possibly ``text`` int64 (Nt,): without it, only images decide what
                is an outlier.
        """
        image = labels['image'][self.images]
        # Below -1, so that every outlier is a group of its own.
        groups = np.where(image >= 0, image, -2 - np.arange(len(image)))
        if self.outliers == 'drop':
            text = labels.get('text') if self.of_pairs else None
            without_text = True if text is None else text < 0
            groups = np.where((groups < 0) & without_text, -1, groups)
        self.labels = groups

    def set_epoch(self, epoch: int) -> None:
        """Draw other numbers in another epoch.

        Args:
            epoch (int): The epoch, the same on all ranks.
        """
        self.epoch = epoch

    def __len__(self) -> int:
        """Give the number of samples of one rank, rounded up."""
        return -(-self.num_samples // self.world_size)

    def __iter__(self) -> Iterator[int]:
        """Yield the samples of this rank."""
        rng = np.random.default_rng((self.seed, self.epoch))
        order = rng.permutation(self.num_samples) if self.labels is None else self._grouped(rng)
        total = len(self) * self.world_size
        order = np.resize(order, total)
        return iter(order[self.rank :: self.world_size].tolist())

    def _grouped(self, rng: np.random.Generator) -> np.ndarray:
        """Give samples in groups of K of one label, the groups in random order."""
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
        """Give groups of K members; the last one is filled up from the first members."""
        if len(members) == 1:
            return [members]
        rounds = -(-len(members) // self.num_per_label)
        return np.split(np.resize(members, rounds * self.num_per_label), rounds)
