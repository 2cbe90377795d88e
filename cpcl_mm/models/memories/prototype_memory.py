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
        if len(self) == 0:
            return features.sum() * 0.0
        self._check_size(features)
        logits = features @ self.prototypes.T / self.temperature
        # Outliers are masked, not cut out: to know their number the host would wait for the GPU.
        total = F.cross_entropy(logits, labels, ignore_index=-1, reduction='sum')
        return total / (labels >= 0).sum().clamp(min=1)

    @torch.no_grad()
    def update(self, features: Tensor, labels: Tensor) -> None:
        """Move the prototypes of the labels in a batch towards its features.

        Call it with the batch of all ranks, so that every rank makes the same update.

        Args:
            features (Tensor): L2-normalised features (B, D).
            labels (Tensor): Int64 (B,), -1 for outliers, which take no part.
        """
        if len(self) == 0:
            return
        self._check_size(features)
        # One row more, where outliers write. And a new tensor: the loss of this step still needs
        # the old prototypes for its gradient.
        prototypes = F.pad(self.prototypes, (0, 0, 0, 1))
        rows = torch.where(labels >= 0, labels, len(self))
        features = features.float()
        if self.mode == 'each':
            for feature, row in zip(features, rows.tolist(), strict=True):
                prototypes[row] = self._blend(prototypes[row], feature)
        else:
            old, same = prototypes[rows], rows[:, None] == rows
            target = _mean(features, same) if self.mode == 'mean' else _hardest(features, old, same)
            # Features of one cluster have the same target, so it does not matter who writes last.
            prototypes[rows] = self._blend(old, target)
        self.prototypes = prototypes[:-1]

    def _blend(self, old: Tensor, new: Tensor) -> Tensor:
        return F.normalize(self.momentum * old + (1 - self.momentum) * new, dim=-1)

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


def _mean(features: Tensor, same: Tensor) -> Tensor:
    """For each feature the mean of its cluster: (B, D); ``same`` is bool (B, B)."""
    return same.float() @ features / same.sum(1, keepdim=True)


def _hardest(features: Tensor, prototypes: Tensor, same: Tensor) -> Tensor:
    """For each feature the one of its cluster that is least similar to its prototype: (B, D)."""
    similarity = (features * prototypes).sum(1).expand(same.shape)
    return features[similarity.masked_fill(~same, torch.inf).argmin(1)]
