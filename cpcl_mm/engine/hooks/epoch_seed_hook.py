"""Random numbers that depend on the epoch, not on the history of the process."""

import random

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner

from cpcl_mm.registry import HOOKS


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Seeds Python, NumPy and torch anew at every training epoch.

    A run resumed after epoch k then draws the numbers that the uninterrupted run drew in epoch
    k + 1. Together with :func:`~cpcl_mm.datasets.seed_worker`, whose workers derive their seeds
    from torch's, every epoch also augments differently: mmengine's default seeds workers alike in
    every epoch.
    """

    # Before the data loader of the epoch starts its workers, and before any other hook draws.
    priority = 'VERY_HIGH'

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed from the Runner's seed, the epoch and the rank."""
        entropy = (runner.seed or 0, runner.epoch, get_rank())
        seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
