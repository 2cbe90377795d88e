"""Hooks that join a Runner to the rest of the package."""

from .adapter_checkpoint_hook import AdapterCheckpointHook
from .checkpoint_fit_hook import CheckpointFitHook
from .cpu_threads_hook import CPUThreadsHook
from .epoch_seed_hook import EpochSeedHook
from .final_test_hook import FinalTestHook
from .finite_loss_hook import FiniteLossHook
from .plain_checkpoint_hook import PlainCheckpointHook
from .pseudo_label_hook import PseudoLabelHook
from .ranked_sheet_hook import RankedSheetHook
from .safe_checkpoint_hook import SafeCheckpointHook
from .validate_on_test_hook import ValidateOnTestHook
from .wall_time_hook import WallTimeHook

__all__ = [
    'AdapterCheckpointHook',
    'CPUThreadsHook',
    'CheckpointFitHook',
    'EpochSeedHook',
    'FinalTestHook',
    'FiniteLossHook',
    'PlainCheckpointHook',
    'PseudoLabelHook',
    'RankedSheetHook',
    'SafeCheckpointHook',
    'ValidateOnTestHook',
    'WallTimeHook',
]
