"""The runs of an ablation: every config, on every draw of the data, with every seed."""

import copy
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from cpcl_mm.apis import load_run_config
from cpcl_mm.apis.run_config import LOADERS
from cpcl_mm.engine.hooks.final_test_hook import SCORES_FILE

WARM_UP = 'warm_up'
# What makes the epochs of a warm-up. The head may differ: its losses begin with the clustering.
SHARED = ('model', 'data_preprocessor', 'train_dataloader', 'optim_wrapper', 'param_scheduler')


@dataclass(eq=False)
class Run:
    """One training in the folder ``out``; ``warm_up`` is the run that it goes on from."""

    out: Path
    name: str
    data_seed: int
    seed: int
    cfg: Config
    warm_up: 'Run | None' = None

    def __post_init__(self) -> None:
        self.label = f'{self.name}/data{self.data_seed}_seed{self.seed}'
        self.work_dir = self.out / self.label
        self.config_file = self.out / f'{self.label}.py'
        self.final_checkpoint = f'epoch_{self.cfg.train_cfg.max_epochs}.pth'
        if self.warm_up is not None:
            start = self.warm_up.work_dir.resolve() / self.warm_up.final_checkpoint
            self.cfg.resume, self.cfg.load_from = True, str(start)

    @property
    def last_checkpoint(self) -> str | None:
        """File name of the last checkpoint that was written whole."""
        pointer = self.work_dir / 'last_checkpoint'
        return Path(pointer.read_text(encoding='utf-8')).name if pointer.is_file() else None

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing left to train; a warm-up ends without a test."""
        if self.name == WARM_UP:
            return self.last_checkpoint == self.final_checkpoint
        return (self.work_dir / SCORES_FILE).is_file()


def plan_runs(
    configs: Sequence[Path],
    out: Path,
    seeds: Sequence[int],
    data_seeds: Sequence[int] = (0,),
    warm_up: Path | None = None,
    cfg_options: Mapping[str, Any] | None = None,
) -> list[Run]:
    """List the runs, each warm-up before those that go on from it; nothing is written.

    Draw 0 of the data is what a config reads. For any other, SyntheticPedes is drawn with that seed
    into a folder of its own. A config whose first epochs differ from those of ``warm_up``, as by
    another schedule, trains them itself.

    Raises:
        ValueError: If two configs have one name, a data set cannot be drawn with another seed, or
            the configs start to cluster at different epochs, so that they cannot share a warm-up.
    """
    cfgs = {path.stem: _load(path, cfg_options) for path in configs}
    if len(cfgs) < len(configs) or WARM_UP in cfgs:
        raise ValueError(
            f'the configs {[str(path) for path in configs]} need names of their own, '
            f'none of them {WARM_UP!r}: rename one'
        )
    first_epochs = warm_up and _first_epochs(_load(warm_up, cfg_options), cfgs)
    runs = []
    for data_seed, seed in itertools.product(sorted(set(data_seeds)), sorted(set(seeds))):
        first = None
        if first_epochs:
            cfg = _with_seeds(first_epochs, data_seed, seed)
            first = Run(out, WARM_UP, data_seed, seed, cfg)
            runs.append(first)
        for name, cfg in cfgs.items():
            cfg = _with_seeds(cfg, data_seed, seed)
            start = first if first and _trains_alike(cfg, first.cfg) else None
            runs.append(Run(out, name, data_seed, seed, cfg, start))
    return runs


def write_configs(runs: Sequence[Run]) -> None:
    """Write the config file of each run, which from then on does not depend on other files.

    Raises:
        ValueError: If runs have begun with other settings, which would make a table of two
            experiments; nothing is written then.
    """
    changed = [f'{run.label} ({", ".join(keys)})' for run in runs if (keys := _changed(run))]
    if changed:
        raise ValueError(
            f'{runs[0].out} has runs with other settings: {"; ".join(changed)}. '
            'Choose another folder with --out, or delete those runs'
        )
    for run in runs:
        run.config_file.parent.mkdir(parents=True, exist_ok=True)
        run.cfg.dump(run.config_file)


def _load(path: Path, cfg_options: Mapping[str, Any] | None) -> Config:
    cfg = load_run_config(str(path), cfg_options=dict(cfg_options or {}))
    cfg.pop('work_dir')
    for schedule in cfg.get('param_scheduler') or []:
        if schedule.get('by_epoch', True):
            # What mmengine takes, written down: a warm-up has the schedule of the whole.
            schedule.setdefault('end', cfg.train_cfg.max_epochs)
    return cfg


def _with_seeds(cfg: Config, data_seed: int, seed: int) -> Config:
    cfg = copy.deepcopy(cfg)
    cfg.merge_from_dict({'randomness.seed': seed})
    for loader in (name for name in LOADERS if data_seed and cfg.get(name) is not None):
        dataset = cfg[loader].dataset
        if dataset.type.split('.')[-1] != 'SyntheticPedes':
            raise ValueError(
                f'{loader} of {cfg.filename} reads {dataset.type}, which cannot be drawn with '
                f'seed {data_seed}: only SyntheticPedes can, so leave --data-seeds at 0'
            )
        dataset.data_root = f'{dataset.data_root}_seed{data_seed}'
        dataset.settings = {**(dataset.get('settings') or {}), 'seed': data_seed}
    return cfg


def _first_epochs(cfg: Config, cfgs: Mapping[str, Config]) -> Config:
    """Cut a config to the epochs before clustering; its schedule stays that of the whole."""
    hooks = {name: cfg.default_hooks.get('pseudo_labels') for name, cfg in cfgs.items()}
    starts = {name: hook.get('start', 0) for name, hook in hooks.items() if hook}
    shortest = min(cfg.train_cfg.max_epochs for cfg in cfgs.values())
    if len(set(starts.values())) != 1 or not 0 < min(starts.values()) < shortest:
        raise ValueError(
            f'the first clustering comes after epochs {starts or "(never)"}: a shared warm-up '
            f'needs one number for all configs, at least 1 and below their {shortest} epochs, so '
            'train without --warm-up or set default_hooks.pseudo_labels.start'
        )
    start = min(starts.values())
    # mmengine leaves out what begins after the last epoch, and a run would resume without it.
    if any(scheduler.get('begin', 0) >= start for scheduler in cfg.param_scheduler or ()):
        raise ValueError(
            f'a schedule of the learning rate begins after {start} epochs or later, where the '
            'shared warm-up has ended: cluster later (default_hooks.pseudo_labels.start), or train '
            'without --warm-up'
        )
    cfg.train_cfg.max_epochs = start
    # The runs of a seed would share one best checkpoint, and delete it.
    for part in ('val', 'test'):
        cfg[f'{part}_cfg'] = cfg[f'{part}_dataloader'] = cfg[f'{part}_evaluator'] = None
    cfg.default_hooks.checkpoint.pop('save_best', None)
    return cfg


def _trains_alike(cfg: Config, warm_up: Config) -> bool:
    def parts(cfg: Config) -> dict[str, Any]:
        return {key: cfg.get(key) for key in SHARED} | {'model': {**cfg.model, 'head': None}}

    return parts(cfg) == parts(warm_up)


def _changed(run: Run) -> list[str]:
    """Names of the settings in which a run that has begun differs from its plan."""
    if not run.config_file.is_file() or not (run.last_checkpoint or run.is_complete):
        return []
    begun, planned = Config.fromfile(run.config_file).to_dict(), run.cfg.to_dict()
    keys = (begun.keys() | planned.keys()) - {'title'}
    return sorted(key for key in keys if _as_text(begun.get(key)) != _as_text(planned.get(key)))


def _as_text(value: Any) -> str:
    # A tuple comes back from a file as it was, a list of a merge as a list: they are one.
    return json.dumps(value, sort_keys=True, default=repr)
