"""A memory of cluster centroids that follows the features."""

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..utils import ResizableBuffers

UpdateMode = Literal['mean', 'each', 'hardest']
UPDATE_MODES = ('mean', 'each', 'hardest')


class PrototypeMemory(ResizableBuffers, nn.Module):
    r"""Prototypes of one modality: contrast with them, and a momentum update after each step.

    The contrast of a feature :math:`f` with label :math:`k` is cluster-contrast's
    (arXiv 2103.11568), :math:`-\log \mathrm{softmax}(f M^T / \tau)_k`, and the update is
    :math:`M_k \leftarrow \mathrm{normalise}(m M_k + (1 - m) f)`.

    CPCL's own momentum, update mode and temperature are not published; all three are settings.

    Args:
        momentum (float): :math:`m`, the share of the old prototype that an update keeps. Methods
            of this family use 0.1 to 0.2. Defaults to 0.2.
        mode (str): What a batch with several features of one cluster does. ``'mean'`` updates with
            their mean, which does not depend on their order; ``'each'`` with one after the other;
            ``'hardest'`` with the one least similar to the prototype. Defaults to ``'mean'``.
        temperature (float): :math:`\tau`. Defaults to 0.05, as in this family.

    Raises:
        ValueError: If a setting is out of its range.
    """

    resizable_buffers = ('prototypes',)
    prototypes: Tensor

    def __init__(
        self, momentum: float = 0.2, mode: UpdateMode = 'mean', temperature: float = 0.05
    ) -> None:
        super().__init__()
        if not 0 <= momentum <= 1:
            raise ValueError(f'momentum must lie in [0, 1], not {momentum}')
        if mode not in UPDATE_MODES:
            raise ValueError(f'mode must be one of {UPDATE_MODES}, not {mode!r}')
        if temperature <= 0:
            raise ValueError(f'temperature must be positive, not {temperature}')
        self.momentum, self.mode, self.temperature = momentum, mode, temperature
        self.register_buffer('prototypes', torch.zeros(0, 0))

    def __len__(self) -> int:
        return len(self.prototypes)

    def reset(self, centroids: Tensor) -> None:
        """Start anew after a clustering.

        Args:
            centroids (Tensor): L2-normalised centroids (K, D); K may be 0.
        """
        self.prototypes = centroids.detach().to(self.prototypes.device, torch.float32).clone()

    def contrast(self, features: Tensor, labels: Tensor) -> Tensor:
        """Pull features to the prototypes of their labels.

        Args:
            features (Tensor): L2-normalised features (B, D), of either modality.
            labels (Tensor): Int64 (B,), -1 for outliers, which take no part.

        Returns:
            Tensor: The mean over the labelled features, a scalar; 0 with a gradient of 0 where
            there are none.

        Raises:
            ValueError: If the features are of another size than the prototypes.
        """
        clustered = labels >= 0
        if not clustered.any():
            return features.sum() * 0.0
        self._check_size(features)
        logits = features[clustered] @ self.prototypes.T / self.temperature
        return F.cross_entropy(logits, labels[clustered])

    @torch.no_grad()
    def update(self, features: Tensor, labels: Tensor) -> None:
        """Move the prototypes of the labels in a batch towards its features.

        Call it with the batch of all ranks, so that every rank makes the same update.

        Args:
            features (Tensor): L2-normalised features (B, D).
            labels (Tensor): Int64 (B,), -1 for outliers, which take no part.
        """
        clustered = labels >= 0
        features, labels = features[clustered].float(), labels[clustered]
        if len(labels) == 0:
            return
        self._check_size(features)
        # A new tensor: the loss of this step still needs the old prototypes for its gradient.
        prototypes = self.prototypes.clone()
        if self.mode == 'each':
            for feature, label in zip(features, labels.tolist(), strict=True):
                prototypes[label] = self._blend(prototypes[label], feature)
        else:
            present, member = labels.unique(return_inverse=True)
            target = getattr(self, f'_{self.mode}')(features, present, member)
            prototypes[present] = self._blend(prototypes[present], target)
        self.prototypes = prototypes

    def _blend(self, old: Tensor, new: Tensor) -> Tensor:
        return F.normalize(self.momentum * old + (1 - self.momentum) * new, dim=-1)

    def _mean(self, features: Tensor, present: Tensor, member: Tensor) -> Tensor:
        """Mean feature of each cluster present: (P, D)."""
        sums = features.new_zeros(len(present), features.shape[1]).index_add_(0, member, features)
        return sums / member.bincount(minlength=len(present))[:, None]

    def _hardest(self, features: Tensor, present: Tensor, member: Tensor) -> Tensor:
        """The feature of each cluster present that is least similar to its prototype: (P, D)."""
        similarity = (features * self.prototypes[present[member]]).sum(1)
        hardest = similarity.argsort(descending=True, stable=True)
        chosen = member.new_zeros(len(present))
        # The last write wins: the least similar of each cluster.
        for index, cluster in zip(hardest.tolist(), member[hardest].tolist(), strict=True):
            chosen[cluster] = index
        return features[chosen]

    def _check_size(self, features: Tensor) -> None:
        if features.shape[1] != self.prototypes.shape[1]:
            raise ValueError(
                f'features of size {features.shape[1]} meet prototypes of size '
                f'{self.prototypes.shape[1]}: cluster anew with this model, or load the checkpoint '
                'that the prototypes belong to'
            )

    def extra_repr(self) -> str:
        """Describe the memory in a printed model."""
        settings: dict[str, Any] = dict(
            clusters=len(self), momentum=self.momentum, mode=self.mode, temperature=self.temperature
        )
        return ', '.join(f'{key}={value}' for key, value in settings.items())
