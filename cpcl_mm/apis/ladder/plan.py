"""The runs of a ladder: every config, on every draw of the data, with every seed."""

import copy
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmengine.config import Config

from cpcl_mm.datasets import SyntheticPedes

from ..run_config import LOADERS, load_run_config
from .results import final_scores, last_checkpoint
from .warm_up import WARM_UP, can_start_from, epochs_before_clustering, warm_up_config


@dataclass(eq=False)
class LadderRun:
    """One training of a ladder.

    Args:
        out (Path): Folder of the ladder.
        name (str): Name of the config.
        data_seed (int): Draw of the data set.
        seed (int): Seed of the training.
        cfg (Config): All settings of the run.
        warm_up (LadderRun, optional): The run whose last checkpoint this one goes on from.
        is_warm_up (bool): Whether this is such a run. Defaults to False.
    """

    out: Path
    name: str
    data_seed: int
    seed: int
    cfg: Config = field(repr=False)
    warm_up: 'LadderRun | None' = None
    is_warm_up: bool = False

    def __post_init__(self) -> None:
        if self.warm_up is not None:
            self.cfg.resume, self.cfg.load_from = True, str(self.warm_up.checkpoint.resolve())

    @property
    def label(self) -> str:
        """Name of the run within the ladder, such as ``oplm/data0_seed1``."""
        return f'{self.name}/data{self.data_seed}_seed{self.seed}'

    @property
    def work_dir(self) -> Path:
        """Work directory."""
        return self.out / self.label

    @property
    def config_file(self) -> Path:
        """The settings as they were when the run was planned."""
        return self.out / f'{self.label}.py'

    @property
    def checkpoint(self) -> Path:
        """What the last epoch leaves."""
        return self.work_dir / f'epoch_{self.cfg.train_cfg.max_epochs}.pth'

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing left to train."""
        if self.is_warm_up:
            return last_checkpoint(self.work_dir) == self.checkpoint.name
        return final_scores(self.work_dir) is not None


def plan_ladder(
    configs: Sequence[str | Path],
    out: Path,
    seeds: Sequence[int],
    data_seeds: Sequence[int] = (0,),
    warm_up: str | Path | None = None,
    cfg_options: Mapping[str, Any] | None = None,
) -> list[LadderRun]:
    """List the runs of a ladder, those of one seed together, a warm-up before those that need it.

    Args:
        configs (Sequence[str | Path]): Config files; a file's name names its runs.
        out (Path): Folder of the ladder.
        seeds (Sequence[int]): Seeds of the trainings.
        data_seeds (Sequence[int]): Draws of the built-in data set, see :func:`draw_data`.
        warm_up (str | Path, optional): Config that trains the epochs before the first clustering
            once for all configs of a draw and seed. A config whose training differs in them, as
            by another schedule, trains them itself. Defaults to None: every config does.
        cfg_options (Mapping[str, Any], optional): Settings to replace in every config.

    Returns:
        list[LadderRun]: Nothing is written yet, see :func:`~cpcl_mm.apis.ladder.freeze`.

    Raises:
        ValueError: If two configs have one name, the draws do not apply to the data set, or the
            configs start to cluster at different epochs, so that they cannot share a warm-up.
    """
    cfgs = {Path(path).stem: _load(path, cfg_options) for path in configs}
    if len(cfgs) < len(configs) or WARM_UP in cfgs:
        raise ValueError(
            f'the configs {[str(path) for path in configs]} need names of their own, '
            f'none of them {WARM_UP!r}: rename one'
        )
    warm_up_cfg = None
    if warm_up is not None:
        epochs = epochs_before_clustering(cfgs)
        warm_up_cfg = warm_up_config(_load(warm_up, cfg_options), epochs)
    return [
        run
        for data_seed in data_seeds
        for seed in seeds
        for run in _runs_of_a_seed(cfgs, warm_up_cfg, out, data_seed, seed)
    ]


def draw_data(cfg: Config, data_seed: int) -> dict[str, Any]:
    """Give settings that let a config read another draw of the built-in data set.

    Args:
        cfg (Config): Config of a run.
        data_seed (int): The draw, which gets a ``data_root`` of its own. Any data set but
            SyntheticPedes has draw 0 alone, itself.

    Returns:
        dict[str, Any]: Values by dotted keys.

    Raises:
        ValueError: If another data set than SyntheticPedes shall be drawn anew.
    """
    options: dict[str, Any] = {}
    default_root = inspect.signature(SyntheticPedes).parameters['data_root'].default
    for loader in (name for name in LOADERS if cfg.get(name) is not None):
        dataset = cfg[loader].dataset
        if dataset.type.split('.')[-1] == SyntheticPedes.__name__:
            root = dataset.get('data_root', default_root)
            options[f'{loader}.dataset.data_root'] = f'{root}_seed{data_seed}'
            options[f'{loader}.dataset.settings.seed'] = data_seed
        elif data_seed != 0:
            raise ValueError(
                f'{loader} of {cfg.filename} reads {dataset.type}, which cannot be drawn with '
                f'seed {data_seed}: only SyntheticPedes can, so leave the data seeds at 0'
            )
    return options


def _load(path: str | Path, cfg_options: Mapping[str, Any] | None) -> Config:
    """Read a config; a work directory belongs to a run, not to it."""
    cfg = load_run_config(str(path), cfg_options=dict(cfg_options or {}))
    cfg.pop('work_dir')
    return cfg


def _runs_of_a_seed(
    cfgs: Mapping[str, Config], warm_up_cfg: Config | None, out: Path, data_seed: int, seed: int
) -> list[LadderRun]:
    """Give the runs of one draw and seed, their warm-up first."""
    runs = [
        LadderRun(out, name, data_seed, seed, _with_seeds(cfg, data_seed, seed))
        for name, cfg in cfgs.items()
    ]
    if warm_up_cfg is None:
        return runs
    first = LadderRun(
        *(out, WARM_UP, data_seed, seed, _with_seeds(warm_up_cfg, data_seed, seed)), is_warm_up=True
    )
    return [first] + [
        LadderRun(out, run.name, data_seed, seed, run.cfg, first)
        if can_start_from(run.cfg, first.cfg)
        else run
        for run in runs
    ]


def _with_seeds(cfg: Config, data_seed: int, seed: int) -> Config:
    cfg = copy.deepcopy(cfg)
    cfg.merge_from_dict({'randomness.seed': seed, **draw_data(cfg, data_seed)})
    return cfg
