"""Hooks that join a Runner to the rest of the package."""

from .cpu_threads_hook import CPUThreadsHook
from .epoch_seed_hook import EpochSeedHook
from .final_test_hook import FinalTestHook
from .plain_checkpoint_hook import PlainCheckpointHook
from .pseudo_label_hook import PseudoLabelHook
from .ranked_sheet_hook import RankedSheetHook

__all__ = [
    'CPUThreadsHook',
    'EpochSeedHook',
    'FinalTestHook',
    'PlainCheckpointHook',
    'PseudoLabelHook',
    'RankedSheetHook',
]
