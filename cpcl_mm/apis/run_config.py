"""From a config file and the command line to the config of a run."""

from pathlib import Path
from typing import Any

from mmengine.config import Config

from cpcl_mm.utils.distributed import prepare_distributed

from .config_check import check_types


def load_run_config(
    config: str,
    work_dir: str | None = None,
    cfg_options: dict[str, Any] | None = None,
    launcher: str = 'none',
) -> Config:
    """Read a config file and apply what the command line says.

    Args:
        config (str): Path of the config file.
        work_dir (str, optional): Where logs, checkpoints and pictures go. Defaults to None:
            the config's ``work_dir``, or ``work_dirs/<name of the config file>``.
        cfg_options (dict, optional): Values by dotted keys that replace those of the file.
        launcher (str): ``'none'``, ``'pytorch'``, ``'slurm'`` or ``'mpi'``; distributed training
            is prepared for it. Defaults to ``'none'``.

    Returns:
        Config: What :meth:`mmengine.runner.Runner.from_cfg` takes.

    Raises:
        FileNotFoundError: If there is no such config file.
        ValueError: If the config names a type that is not registered.
    """
    if not Path(config).is_file():
        raise FileNotFoundError(f'no config file {config!r}; those of this project lie in configs/')
    cfg = Config.fromfile(config)
    if cfg_options:
        cfg.merge_from_dict(cfg_options)
    check_types(cfg)
    cfg.launcher = launcher
    if work_dir is not None:
        cfg.work_dir = work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs', Path(config).stem))
    prepare_distributed(cfg, launcher)
    return cfg
