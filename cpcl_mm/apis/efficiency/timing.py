"""Time and peak memory of what runs on a device."""

import resource
import sys
import time
from collections.abc import Callable

import torch


def seconds_per_call(
    call: Callable[[], object], device: torch.device, steps: int, warm_up: int = 2
) -> float:
    """Measure the mean time of a call, as in a loop that waits for the device at its end only.

    Args:
        call (Callable): Without arguments.
        device (torch.device): The device that it computes on.
        steps (int): Calls that are counted, at least 1.
        warm_up (int): Calls before those: caches fill, kernels are chosen. Defaults to 2.

    Returns:
        float: Seconds.
    """
    for _ in range(warm_up):
        call()
    _wait_for(device)
    start = time.perf_counter()
    for _ in range(steps):
        call()
    _wait_for(device)
    return (time.perf_counter() - start) / steps


def peak_memory(device: torch.device) -> int:
    """Read the peak memory of this process so far.

    Args:
        device (torch.device): Of a GPU the memory of PyTorch's tensors counts; on the CPU all
            memory of the process that is resident.

    Returns:
        int: Bytes.
    """
    if device.type == 'cuda':
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kibibytes, but bytes on macOS.
    return peak if sys.platform == 'darwin' else peak * 2**10


def device_name(device: torch.device) -> str:
    """Describe a device, for the record of a measurement.

    Args:
        device (torch.device): The device.

    Returns:
        str: The name of the GPU, or the number of threads on the CPU.
    """
    if device.type == 'cuda':
        return torch.cuda.get_device_name(device)
    return f'{device.type}, {torch.get_num_threads()} thread(s)'


def _wait_for(device: torch.device) -> None:
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
