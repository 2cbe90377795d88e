"""From a config file and the command line to the config of a run, and to its data sets."""

import os
from argparse import Namespace
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from cpcl_mm.registry import DATASETS, SCOPE
from cpcl_mm.utils.distributed import check_gpu, prepare_distributed
from cpcl_mm.utils.external_configs import config_file

from .config_check import check_keys, check_types
from .overrides import apply_options

SPLITS = ('train', 'val', 'test')
LOADERS = tuple(f'{split}_dataloader' for split in SPLITS)


def config_from_args(args: Namespace) -> Config:
    """Read the config that a command line names, see :func:`load_run_config`."""
    return load_run_config(
        args.config,
        args.work_dir,
        args.cfg_options,
        args.launcher,
        args.data_root,
        args.weights,
    )


def load_run_config(
    config: str,
    work_dir: str | None = None,
    cfg_options: dict[str, Any] | None = None,
    launcher: str = 'none',
    data_root: str | None = None,
    weights: str | None = None,
) -> Config:
    """Read a config file and apply what the command line says.

    Args:
        config (str): Path of the config file, or ``'cpcl_mm::NAME.py'`` for one of the package.
        work_dir (str, optional): Where logs, checkpoints and pictures go. Defaults to None:
            the config's ``work_dir``, or ``work_dirs/<name of the config file>``.
        cfg_options (dict, optional): Values by dotted keys that replace those of the file.
        launcher (str): ``'none'``, ``'pytorch'``, ``'slurm'`` or ``'mpi'``; distributed training
            is prepared for it. Defaults to ``'none'``.
        data_root (str, optional): Folder of the data set, for all data loaders. Defaults to None:
            as the config has it.
        weights (str, optional): File or tag of pretrained weights, for all towers. Defaults to
            None: as the config has it.

    Returns:
        Config: What :meth:`mmengine.runner.Runner.from_cfg` takes.

    Raises:
        FileNotFoundError: If there is no such config file.
        RuntimeError: If a machine has more processes than GPUs, or the environment that the
            launcher sets is missing.
        ValueError: If the config names a type that is not registered or a key that nothing reads,
            an option changes nothing, or the config has no place for a data root or for weights.
    """
    check_gpu(launcher)
    path = config_file(config)
    cfg = Config.fromfile(path)
    options = dict(cfg_options or {})
    options |= {'data_root': data_root} if data_root else {}
    options |= {'pretrained': weights} if weights else {}
    apply_options(cfg, options)
    _choose_hooks(cfg)
    check_types(cfg)
    check_keys(cfg)
    cfg.launcher = launcher
    if work_dir is not None:
        cfg.work_dir = work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs', path.stem))
    if cfg.get('randomness', {}).get('deterministic'):
        # What PyTorch asks for, or else refuses to multiply deterministically on a GPU.
        os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')
    for loader in LOADERS:
        if torch.cuda.is_available() and cfg.get(loader) is not None:
            # Only from pinned memory does a batch reach the GPU while that is at work.
            cfg[loader].setdefault('pin_memory', True)
    prepare_distributed(cfg, launcher)
    return cfg


def build_split(cfg: Config, split: str) -> Any:
    """Build the image-caption data set of a split, or another one that has ``images``.

    Raises:
        ValueError: If the config has none for this split, or it is no image-caption data set.
    """
    loader = cfg.get(f'{split}_dataloader')
    if loader is None:
        raise ValueError(f'{cfg.filename} has no {split}_dataloader: choose another --split.')
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', SCOPE)):
        dataset = DATASETS.build(loader.dataset)
    if not hasattr(dataset, 'images'):
        raise ValueError(
            f'{type(dataset).__name__} of {cfg.filename} is no image-caption data set: it has no '
            '`images`.'
        )
    return dataset


def _choose_hooks(cfg: Config) -> None:
    """Add the hook that checks checkpoints, and leave out hooks that are set to None.

    mmengine allows that for its own names alone.
    """
    hooks = dict(cfg.get('default_hooks') or {})
    hooks.setdefault('checkpoint_fit', dict(type='cpcl_mm.CheckpointFitHook'))
    own = ('runtime_info', 'timer', 'sampler_seed', 'logger', 'param_scheduler', 'checkpoint')
    cfg.default_hooks = {
        name: hook for name, hook in hooks.items() if hook is not None or name in own
    }
