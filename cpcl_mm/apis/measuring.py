"""Time and peak memory of what runs on a device, for the tools that measure."""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

import numpy as np
import torch

from cpcl_mm.kreciprocal import normalize
from cpcl_mm.models import MatchingHead
from cpcl_mm.pseudo_labels import Labels, Samples

IMAGES_PER_CLUSTER = 4

Result = TypeVar('Result')


def seconds_per_call(
    call: Callable[[], object], device: torch.device, steps: int, warm_up: int = 2
) -> float:
    """Measure the mean seconds of a call, as in a loop that waits for the device at its end only.

    The calls of the ``warm_up`` do not count: caches fill, kernels are chosen.
    """
    for _ in range(warm_up):
        call()
    wait_for(device)
    start = time.perf_counter()
    for _ in range(steps):
        call()
    wait_for(device)
    return (time.perf_counter() - start) / steps


def peak_memory(device: torch.device | None = None) -> int:
    """Read the peak memory of this process so far, in bytes.

    Of a GPU the memory of PyTorch's tensors counts; otherwise all that is resident.
    """
    if device is not None and device.type == 'cuda':
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kibibytes, but bytes on macOS.
    return peak if sys.platform == 'darwin' else peak * 2**10


def device_name(device: torch.device) -> str:
    """Describe a device for the record: the name of the GPU, or the number of threads."""
    if device.type == 'cuda':
        return torch.cuda.get_device_name(device)
    return f'{device.type}, {torch.get_num_threads()} thread(s)'


def in_own_process(function: Callable[..., Result], *args: Any) -> Result:
    """Call a function in a process of its own, so that its peak memory is its own.

    It is forked from this process, which should hold nothing large; where there is a GPU, which a
    forked process cannot use, it is a fresh one.
    """
    method = 'spawn' if torch.cuda.is_available() else 'fork'
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        return pool.submit(function, *args).result()


def label_at_random(
    head: Any, num_images: int, num_captions: int, dims: int, device: torch.device
) -> None:
    """Give a head pseudo labels as after a clustering, a cluster for every four images.

    A head of another kind than MatchingHead is left as it is; features have ``dims`` dimensions.
    """
    if not isinstance(head, MatchingHead):
        return
    sizes = {'image': num_images, 'text': num_captions}
    clusters = max(1, num_images // IMAGES_PER_CLUSTER)
    rng = np.random.default_rng(0)
    features = {
        modality: normalize(rng.standard_normal((sizes[modality], dims), dtype=np.float32))
        for modality in head.needs
    }
    samples = Samples(features, np.arange(num_captions) % num_images, np.full(num_images, -1))
    labels = Labels({modality: np.arange(size) % clusters for modality, size in sizes.items()})
    head.set_labels(labels, samples, device)


def wait_for(device: torch.device) -> None:
    """Wait until a GPU has done what it was given; a CPU has, always."""
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
