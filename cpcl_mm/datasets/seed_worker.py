"""Random numbers in the worker processes of a data loader."""

import random

import numpy as np
import torch

from cpcl_mm.registry import FUNCTIONS


@FUNCTIONS.register_module()
def seed_worker(worker_id: int) -> None:
    """Seed Python and NumPy from the seed that torch gave to this worker.

    torch draws the seeds of an epoch's workers from the main process, which
    :class:`~cpcl_mm.engine.EpochSeedHook` seeds by epoch and rank; mmengine's own function seeds
    workers alike in every epoch. Used as ``worker_init_fn=dict(type='cpcl_mm.seed_worker')``, with
    ``persistent_workers=False``.

    Args:
        worker_id (int): Not read: torch's seed differs between workers.
    """
    seed = torch.initial_seed() % 2**32
    random.seed(seed)
    np.random.seed(seed)
