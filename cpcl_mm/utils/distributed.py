"""Starting distributed runs on machines with and without GPUs."""

import gc
import os
import subprocess

import torch
import torch.distributed as torch_dist
from mmengine.config import Config

# How each launcher names what torch calls RANK, LOCAL_RANK and WORLD_SIZE.
_NAMES = {
    'pytorch': ('RANK', 'LOCAL_RANK', 'WORLD_SIZE'),
    'slurm': ('SLURM_PROCID', 'SLURM_LOCALID', 'SLURM_NTASKS'),
    'mpi': ('OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_LOCAL_RANK', 'OMPI_COMM_WORLD_SIZE'),
}
_COMMANDS = {
    'pytorch': 'bash tools/dist_train.sh CONFIG NUM_PROCESSES',
    'slurm': 'bash tools/slurm_train.sh PARTITION JOB_NAME CONFIG',
    'mpi': 'MASTER_ADDR=127.0.0.1 mpirun -np 2 python tools/train.py CONFIG --launcher mpi',
}


def check_gpu(launcher: str) -> None:
    """Check that this process has a GPU of its own, where there are GPUs.

    To be called before anything is logged: mmengine's logger fails without a word about processes.

    Raises:
        RuntimeError: If the machine has more processes than GPUs.
    """
    if launcher == 'none' or not torch.cuda.is_available():
        return
    local_rank = int(os.environ.get(_NAMES[launcher][1], 0))
    number = torch.cuda.device_count()
    if local_rank >= number:
        raise RuntimeError(
            f'process {local_rank} (from 0) of this machine has no GPU, there are {number}: start '
            'at most as many processes as there are GPUs, or hide them all and train through gloo '
            'on the CPU (CUDA_VISIBLE_DEVICES="")'
        )


def prepare_distributed(cfg: Config, launcher: str) -> None:
    """Make mmengine's distributed start work without GPUs.

    With GPUs mmengine initializes NCCL, and nothing happens here. Without, mmengine would set a
    CUDA device and wrap the model for one, so gloo is initialized first and the wrapper is named.

    Raises:
        RuntimeError: If, without GPUs, the environment that the launcher sets is missing.
    """
    if launcher == 'none' or torch.cuda.is_available():
        return
    if not torch_dist.is_initialized():
        os.environ.update(_read_environment(launcher))
        torch_dist.init_process_group('gloo')
    if cfg.get('model_wrapper_cfg') is None:
        # Without an explicit None, mmengine adds the CUDA device of the rank.
        cfg.model_wrapper_cfg = dict(
            type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=False
        )


def leave_distributed() -> None:
    """End the process group of a run that has done its work, if there is one.

    A thread of gloo that still lives when Python ends sometimes aborts the process. They live as
    long as anything holds the group, such as the model wrapper of a runner: let go of it before.
    """
    if torch_dist.is_initialized():
        # A runner and its loops refer to each other, so they go only now.
        gc.collect()
        torch_dist.destroy_process_group()


def _read_environment(launcher: str) -> dict[str, str]:
    """Give what a launcher says about this process, by torch's names."""
    found = dict(os.environ)
    found.setdefault('MASTER_PORT', '29500')
    if launcher == 'slurm' and 'MASTER_ADDR' not in found and 'SLURM_NODELIST' in found:
        # The first of machines that are written as gpu[03-05,09].
        command = ['scontrol', 'show', 'hostnames', found['SLURM_NODELIST']]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found['MASTER_ADDR'] = shown.split()[0]
    names = (*_NAMES[launcher], 'MASTER_ADDR', 'MASTER_PORT')
    missing = [name for name in names if name not in found]
    if missing:
        raise RuntimeError(
            f'--launcher {launcher}, but the environment has no {", ".join(missing)}: start with '
            f'{_COMMANDS[launcher]}'
        )
    torchs = (*_NAMES['pytorch'], 'MASTER_ADDR', 'MASTER_PORT')
    return {name: found[there] for name, there in zip(torchs, names, strict=True)}
