"""A memory of cluster centroids that follows the features."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from cpcl_mm.pseudo_labels import Labels, Samples, cluster_centroids
from cpcl_mm.registry import MODELS

from ..pair_batch import PairBatch
from .memory import Memory

MODES = ('mean', 'each', 'hardest')


@MODELS.register_module()
class PrototypeMemory(Memory):
    r"""One prototype for each cluster of a modality: its centroid, moved a little by every step.

    The update is :math:`M_k \leftarrow \mathrm{normalize}(m M_k + (1 - m) f)`, cluster contrast's
    (arXiv 2103.11568). CPCL's own momentum and rule are not published; both are settings.

    Args:
        labels (str): Modality whose clusters the prototypes stand for. Defaults to ``'image'``.
        features (Sequence[str], optional): Names of the features that move the prototypes, one
            after the other. Defaults to None: those of ``labels``.
        momentum (float): :math:`m`, the share of the old prototype that an update keeps. Methods
            of this family use 0.1 to 0.2. Defaults to 0.2.
        mode (str): What a batch with several features of one cluster does: ``'mean'`` moves the
            prototype to their mean, weighted by confidence; ``'each'`` to one after the other;
            ``'hardest'`` to the one least similar to it. Labels of no confidence move nothing.
            Defaults to ``'mean'``.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        labels: str = 'image',
        features: Sequence[str] | None = None,
        momentum: float = 0.2,
        mode: str = 'mean',
    ) -> None:
        super().__init__(labels)
        if not 0 <= momentum <= 1:
            raise ValueError(f'momentum must lie in [0, 1], not {momentum}')
        if mode not in MODES:
            raise ValueError(f'mode must be one of {MODES}, not {mode!r}')
        if isinstance(features, str):
            raise ValueError(f'features are a list of names, such as [{features!r}]')
        self.features = tuple(features or (labels,))
        self.momentum, self.mode = momentum, mode
        self.reset(torch.zeros(0, 0))

    @property
    def prototypes(self) -> Tensor:
        """L2-normalized (K, D) fp32; K is 0 before the first clustering."""
        return self.state['prototypes']

    def __len__(self) -> int:
        return len(self.prototypes)

    def reset(self, prototypes: Tensor) -> None:
        """Take L2-normalized prototypes (K, D); K may be 0."""
        self.state = {'prototypes': prototypes.detach().float().clone()}

    def rebuild(self, labels: Labels, samples: Samples, device: torch.device) -> None:
        """Take the centroids of the clusters, see :meth:`Memory.rebuild`."""
        centroids = cluster_centroids(samples.features[self.labels], labels.of[self.labels])
        self.reset(torch.from_numpy(centroids).to(device))

    def follow(self, batch: PairBatch) -> None:
        """Move the prototypes, see :meth:`Memory.follow`."""
        for name in self.features:
            weights = batch.weights.get(self.labels)
            self.update(batch.features[name], batch.labels[self.labels], weights)

    @torch.no_grad()
    def update(self, features: Tensor, labels: Tensor, weights: Tensor | None = None) -> None:
        """Move the prototypes of the labels in a batch towards its features.

        Args:
            features (Tensor): L2-normalized features (B, D), of all ranks.
            labels (Tensor): Int64 (B,), -1 for outliers, which take no part.
            weights (Tensor, optional): Float (B,), confidence of each label; 0 takes no part.
        """
        if len(self) == 0:
            return
        taking_part = labels >= 0 if weights is None else (labels >= 0) & (weights > 0)
        # One row more, where outliers write. And a new tensor: the loss of this step still needs
        # the old prototypes for its gradient.
        prototypes = F.pad(self.prototypes, (0, 0, 0, 1))
        rows = torch.where(taking_part, labels, len(self))
        features = features.float()
        if self.mode == 'each':
            for feature, row in zip(features, rows.tolist(), strict=True):
                prototypes[row] = self._blend(prototypes[row], feature)
        else:
            old = prototypes[rows]
            hardest = self.mode == 'hardest'
            target = _hardest(features, rows, old) if hardest else _mean(features, rows, weights)
            # Features of one cluster have the same target, so it does not matter who writes last.
            prototypes[rows] = self._blend(old, target)
        self.state = {'prototypes': prototypes[:-1]}

    def _blend(self, old: Tensor, new: Tensor) -> Tensor:
        return F.normalize(self.momentum * old + (1 - self.momentum) * new, dim=-1)

    def extra_repr(self) -> str:
        """Describe the memory in a printed model."""
        return f'labels={self.labels!r}, momentum={self.momentum}, mode={self.mode!r}'


def _mean(features: Tensor, rows: Tensor, weights: Tensor | None) -> Tensor:
    """Weighted mean of the features of each one's cluster: their order does not matter."""
    shares = (rows[:, None] == rows).float()
    if weights is not None:
        # Outliers, and only they, may weigh nothing together.
        shares = shares * weights.clamp(min=1e-12)
    return shares @ features / shares.sum(1, keepdim=True)


def _hardest(features: Tensor, rows: Tensor, old: Tensor) -> Tensor:
    """Of each one's cluster the feature that is least similar to its prototype."""
    same = rows[:, None] == rows
    similarity = (features * old).sum(1).expand(same.shape)
    return features[similarity.masked_fill(~same, float('inf')).argmin(1)]
