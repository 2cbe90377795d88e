"""Reads what the runs of a ladder left in their work directories."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mmengine.config import Config

from cpcl_mm.engine.hooks.final_test_hook import SCORES_FILE
from cpcl_mm.pseudo_labels import load_history

from .warm_up import WARM_UP

RUN_FOLDER = re.compile(r'data(\d+)_seed(\d+)')
LOG_TIME = re.compile(r'^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d', re.MULTILINE)
SCORE = 't2i/mAP'


@dataclass(frozen=True)
class RunResult:
    """What one complete run brought.

    Args:
        config (str): Name of the config.
        data_seed (int): Draw of the data set.
        seed (int): Seed of the training.
        scores (dict[str, float]): Scores on the test split, in per cent, such as ``t2i/mAP``.
        labels (dict[str, float]): Numbers of the last report on pseudo labels, such as
            ``image/clusters``; empty where nothing was clustered.
        minutes (float): Wall time of the training, a shared warm-up included.
    """

    config: str
    data_seed: int
    seed: int
    scores: dict[str, float]
    labels: dict[str, float] = field(default_factory=dict)
    minutes: float = 0.0


def collect(out: Path) -> list[RunResult]:
    """Read the complete runs of a ladder.

    Args:
        out (Path): Folder of the ladder, with ``<config>/data<d>_seed<s>/`` below it.

    Returns:
        list[RunResult]: Ordered by config, draw and seed.

    Raises:
        ValueError: If a file of scores or the history of the pseudo labels cannot be read.
    """
    return [
        RunResult(
            *(config, data_seed, seed, scores, _last_labels(folder)),
            minutes=minutes(folder) + _warm_up_minutes(out, folder),
        )
        for config, data_seed, seed, folder in _run_folders(out)
        if (scores := final_scores(folder)) is not None
    ]


def unfinished(out: Path) -> list[str]:
    """List the runs of a ladder that have no final scores, as ``<config>/data<d>_seed<s>``.

    Args:
        out (Path): Folder of the ladder.

    Returns:
        list[str]: Also those that were planned and have not begun.
    """
    return [
        f'{config}/{folder.name}'
        for config, _, _, folder in _run_folders(out)
        if final_scores(folder) is None
    ]


def final_scores(work_dir: Path) -> dict[str, float] | None:
    """Read the scores that a training ended with.

    Args:
        work_dir (Path): Work directory of a training; need not exist.

    Returns:
        dict[str, float] | None: Scores by name; None where nothing has been tested.

    Raises:
        ValueError: If the file does not hold scores.
    """
    path = work_dir / SCORES_FILE
    if not path.is_file():
        return None
    try:
        scores = json.loads(path.read_text(encoding='utf-8'))
        return {SCORE: scores[SCORE]} | {key: float(value) for key, value in scores.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f'{path} does not hold scores with {SCORE} ({error!r}): delete it, and the run '
            'is resumed'
        ) from error


def last_checkpoint(work_dir: Path) -> str | None:
    """File name of the last checkpoint that was written whole; None without one."""
    pointer = work_dir / 'last_checkpoint'
    return Path(pointer.read_text(encoding='utf-8')).name if pointer.is_file() else None


def minutes(work_dir: Path) -> float:
    """Sum the wall time of all sessions of a training, by the first and last line of their logs.

    Args:
        work_dir (Path): Work directory of a training; need not exist.

    Returns:
        float: Minutes; 0 without a log.
    """
    seconds = 0.0
    for log in work_dir.glob('*/*.log'):
        times = LOG_TIME.findall(log.read_text(encoding='utf-8', errors='replace'))
        if times:
            first, last = (datetime.strptime(t, '%Y/%m/%d %H:%M:%S') for t in (times[0], times[-1]))
            seconds += (last - first).total_seconds()
    return seconds / 60


def _run_folders(out: Path) -> Iterator[tuple[str, int, int, Path]]:
    """Config, draw, seed and work directory of every run, begun or only planned."""
    folders = {path.with_suffix('') for path in out.glob('*/data*_seed*')}
    matches = ((folder, RUN_FOLDER.fullmatch(folder.name)) for folder in folders)
    yield from sorted(
        (folder.parent.name, int(match[1]), int(match[2]), folder)
        for folder, match in matches
        if match and folder.parent.name != WARM_UP
    )


def _last_labels(work_dir: Path) -> dict[str, float]:
    """Give what the last clustering was like."""
    folder = work_dir / 'pseudo_labels'
    return load_history(folder)[-1].scalars() if folder.is_dir() else {}


def _warm_up_minutes(out: Path, work_dir: Path) -> float:
    """Time of the warm-up that a run began from, none where it began by itself."""
    config = work_dir.with_suffix('.py')
    if not config.is_file() or Config.fromfile(config).get('load_from') is None:
        return 0.0
    return minutes(out / WARM_UP / work_dir.name)
