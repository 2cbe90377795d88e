"""The number of CPU threads that torch computes with."""

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from cpcl_mm.registry import HOOKS


@HOOKS.register_module()
class CPUThreadsHook(Hook):
    """Sets the number of threads that share one operation on the CPU.

    A small model gains nothing from more than one: its operations are too short to be shared, and
    threads that wait for each other on a busy machine cost many times what they save. With a
    number that does not depend on the machine, the sums inside an operation are also added in the
    same order everywhere. What runs on a GPU is not concerned.

    Args:
        num_threads (int): Threads an operation. Defaults to 1.

    Raises:
        ValueError: If ``num_threads`` is less than 1.
    """

    priority = 'VERY_HIGH'

    def __init__(self, num_threads: int = 1) -> None:
        if num_threads < 1:
            raise ValueError(f'num_threads must be at least 1, not {num_threads}')
        self.num_threads = num_threads

    def before_run(self, runner: Runner) -> None:
        """Set the number."""
        torch.set_num_threads(self.num_threads)
