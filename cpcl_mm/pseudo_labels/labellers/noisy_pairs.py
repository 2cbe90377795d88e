"""Pairs whose caption does not describe the image, found by their losses."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.mixture import GaussianMixture

from cpcl_mm.registry import MODELS, TASK_UTILS
from cpcl_mm.utils.sharing import run_on_main

from ..labels import Labels
from ..samples import Samples
from .labeller import Labeller

_LEAST_NOISE = 100
"""Without any noisy pair, one in so many still counts as noisy."""


@TASK_UTILS.register_module()
class NoisyPairs(Labeller):
    """Find noisy pairs by a mixture of two Gaussians; they weigh nothing in the next epoch.

    The confident consensus division of RDE (CVPR 2024, arXiv 2308.09911). Before an epoch every
    pair gets its loss in a random batch, for each embedding that its feature is made of. A mixture
    of two Gaussians is fitted to the losses of an embedding, scaled to [0, 1]; pairs that belong to
    the component of the smaller mean with a probability of over 0.5 are clean. A pair is clean if
    all embeddings agree that it is, noisy if they agree that it is not, and where they disagree a
    coin decides. The confidence of a caption is 1 if its pair is clean, else 0: a term
    ``InstanceLoss(weights='text')`` reads it.

    Args:
        labeller (dict): Config of the labeller that the labels are from.
        loss (dict, optional): Config of a :class:`~cpcl_mm.models.PairLoss`. Defaults to None:
            :class:`~cpcl_mm.models.TALLoss`.
        columns (Sequence[tuple[int, int]], optional): First and last column + 1 of each embedding,
            as for :class:`~cpcl_mm.models.InstanceLoss`. Defaults to None: one embedding.
        batch_size (int): Pairs that are compared at a time. Defaults to 64.
        mixture (dict, optional): Settings of scikit-learn's ``GaussianMixture``. Defaults to None:
            RDE's for little noise, 10 iterations at most, a tolerance of 0.01, and 5e-4 added to
            the variances.
    """

    def __init__(
        self,
        labeller: Mapping[str, Any],
        loss: Mapping[str, Any] | None = None,
        columns: Sequence[tuple[int, int]] | None = None,
        batch_size: int = 64,
        mixture: Mapping[str, Any] | None = None,
    ) -> None:
        self.labeller: Labeller = TASK_UTILS.build(labeller)
        self.loss: Any = MODELS.build(loss or dict(type='TALLoss'))
        self.parts = [slice(None)] if columns is None else [slice(*pair) for pair in columns]
        self.batch_size = batch_size
        self.mixture = dict(max_iter=10, tol=1e-2, reg_covar=5e-4) if mixture is None else mixture
        self.needs = self.labeller.needs | {'image', 'text'}
        self.needs_identities = self.labeller.needs_identities

    def label(self, samples: Samples) -> Labels:
        """Take the labels, and judge the pairs by them."""
        labels = self.labeller(samples)
        return run_on_main(self._judge, labels, samples)

    def _judge(self, labels: Labels, samples: Samples) -> Labels:
        """Add confidences of captions to labels; on one process, for it draws."""
        # What an epoch draws depends on its seed alone, and what comes after on nothing here.
        rng = np.random.default_rng(np.random.get_state()[1])  # type: ignore[index]
        losses = self._losses(labels, samples, rng.permutation(len(samples.image_of_caption)))
        votes = np.stack([self._is_clean(x) for x in losses])
        agreed, coin = votes.all(0) | ~votes.any(0), rng.random(votes.shape[1]) < 0.5
        clean = np.where(agreed, votes[0], coin).astype(np.float32)
        return replace(labels, confidence={**labels.confidence, 'text': clean})

    @torch.no_grad()
    def _losses(self, labels: Labels, samples: Samples, order: np.ndarray) -> np.ndarray:
        """Losses (E, Nt) of all pairs by each embedding, in batches of this order."""
        owner = samples.image_of_caption
        costs = np.zeros((len(self.parts), len(owner)), dtype=np.float32)
        for start in range(0, len(order), self.batch_size):
            pairs = order[start : start + self.batch_size]
            image, text = samples.features['image'][owner[pairs]], samples.features['text'][pairs]
            matches = torch.from_numpy(_matches(labels, owner, pairs))
            for number, part in enumerate(self.parts):
                both = [F.normalize(torch.from_numpy(x[:, part]), dim=1) for x in (image, text)]
                costs[number, pairs] = self.loss.costs(*both, matches).numpy()
        return costs

    def _is_clean(self, losses: np.ndarray) -> np.ndarray:
        """Say of each loss (N,) whether it is of the component of small ones."""
        spread = losses.max() - losses.min()
        if spread == 0:
            return np.ones(len(losses), dtype=bool)
        scaled = ((losses - losses.min()) / spread)[:, None]
        fitted = GaussianMixture(2, random_state=0, **self.mixture).fit(scaled)
        probability = fitted.predict_proba(scaled)[:, fitted.means_.argmin()]
        least = probability.min()
        if least > 0.5:
            return probability > np.sort(probability)[len(probability) // _LEAST_NOISE]
        return probability > 0.5


def _matches(labels: Labels, owner: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Bool (B, B): the same image or label, where -1 equals nothing."""
    same = owner[pairs][:, None] == owner[pairs]
    of = labels.of
    for values in (of['image'][owner[pairs]], of['text'][pairs]):
        same |= (values[:, None] == values) & (values >= 0)
    return same
