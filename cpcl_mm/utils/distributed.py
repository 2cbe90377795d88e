"""Starting distributed runs on machines with and without GPUs."""

import os

import torch
import torch.distributed as torch_dist
from mmengine.config import Config


def prepare_distributed(cfg: Config, launcher: str) -> None:
    """Make mmengine's distributed start work without GPUs.

    With GPUs nothing happens here: mmengine initialises NCCL. Without, mmengine would set a CUDA
    device and wrap the model for one, so gloo is initialised first and the wrapper is named.

    Args:
        cfg (Config): The run's config; ``model_wrapper_cfg`` is set where it is missing.
        launcher (str): ``'none'``, ``'pytorch'``, ``'slurm'`` or ``'mpi'``.

    Raises:
        RuntimeError: If ``launcher='pytorch'`` without the environment that torchrun sets.
    """
    if launcher == 'none' or torch.cuda.is_available():
        return
    if launcher == 'pytorch' and 'RANK' not in os.environ:
        raise RuntimeError(
            'launcher "pytorch" needs the environment of torchrun: '
            'bash tools/dist_train.sh CONFIG NUM_PROCESSES'
        )
    if not torch_dist.is_initialized():
        torch_dist.init_process_group('gloo')
    if cfg.get('model_wrapper_cfg') is None:
        # Without an explicit None, mmengine adds the CUDA device of the rank.
        cfg.model_wrapper_cfg = dict(
            type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=False
        )
