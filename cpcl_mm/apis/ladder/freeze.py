"""Writes down the settings of runs, and refuses to mix runs of different settings."""

from collections.abc import Sequence
from typing import Any

from mmengine.config import Config
from tqdm import tqdm

from .plan import LadderRun
from .results import last_checkpoint


def freeze(runs: Sequence[LadderRun]) -> None:
    """Write the config file of each run.

    From then on the runs do not depend on the files they were planned from. A run that has begun
    with other settings than are planned now would make a table of two experiments.

    Args:
        runs (Sequence[LadderRun]): The runs of a ladder.

    Raises:
        ValueError: If runs have begun with other settings; nothing is written then.
    """
    changed = [f'{run.label} ({", ".join(keys)})' for run in runs if (keys := _changed(run))]
    if changed:
        raise ValueError(
            f'{runs[0].out} has runs with other settings: {"; ".join(changed)}. '
            'Choose another folder for this ladder, or delete those runs'
        )
    for run in tqdm(runs, desc='settings', unit='run', leave=False):
        run.config_file.parent.mkdir(parents=True, exist_ok=True)
        run.cfg.dump(run.config_file)


def _changed(run: LadderRun) -> list[str]:
    """Names of the settings in which a run that has begun differs from its plan."""
    if not run.config_file.is_file():
        return []
    if last_checkpoint(run.work_dir) is None and not run.is_complete:
        return []
    begun, planned = Config.fromfile(run.config_file).to_dict(), run.cfg.to_dict()
    keys = begun.keys() | planned.keys()
    return sorted(key for key in keys if _plain(begun.get(key)) != _plain(planned.get(key)))


def _plain(value: Any) -> Any:
    """Give a value that equals its copy from a file: tuples and lists are one."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
