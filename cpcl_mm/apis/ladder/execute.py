"""Trains the runs of a ladder in processes of their own, several at a time."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from .plan import LadderRun
from .results import SCORE, final_scores, last_checkpoint, minutes

POLL_SECONDS = 0.2


def train_all(runs: Sequence[LadderRun], tool: Path, jobs: int = 1) -> dict[str, str]:
    """Train what is not complete; a run that was cut goes on from its last checkpoint.

    A run that fails does not stop the others, but those that wait for its checkpoint fail with it.
    When this function is interrupted, so are the trainings.

    Args:
        runs (Sequence[LadderRun]): Runs whose config files are written, in the order to start.
        tool (Path): The script to run: ``tools/train.py``, or one with its ``--work-dir`` and
            ``--resume``.
        jobs (int): Trainings at a time, each with one thread. Defaults to 1.

    Returns:
        dict[str, str]: Why runs failed, by their labels.

    Raises:
        ValueError: If ``jobs`` is less than 1.
    """
    if jobs < 1:
        raise ValueError(f'jobs={jobs} must be at least 1')
    with tqdm(total=len(runs), desc='ladder', unit='run') as bar:
        return _Training(runs, tool, jobs, bar).finish()


class _Training:
    """Which runs wait, which are being trained, and which failed."""

    def __init__(self, runs: Sequence[LadderRun], tool: Path, jobs: int, bar: tqdm) -> None:
        self.waiting, self.tool, self.jobs, self.bar = list(runs), tool, jobs, bar
        self.processes: dict[LadderRun, subprocess.Popen] = {}
        self.failed: dict[str, str] = {}

    def finish(self) -> dict[str, str]:
        """Train until nothing waits."""
        for run in [run for run in self.waiting if run.is_complete]:
            self._leave(run, f'complete already{_summary(run)}')
        try:
            while self.waiting or self.processes:
                self._start_what_can_start()
                time.sleep(POLL_SECONDS if self.processes else 0)
                for run in [run for run, process in self.processes.items() if _ended(process)]:
                    self._judge(run, self.processes.pop(run).returncode)
        finally:
            for process in self.processes.values():
                process.terminate()
            for process in self.processes.values():
                process.wait()
        return self.failed

    def _start_what_can_start(self) -> None:
        for run in list(self.waiting):
            if len(self.processes) == self.jobs:
                return
            if run.warm_up is None or run.warm_up.is_complete:
                self.waiting.remove(run)
                self.processes[run] = _start(run, self.tool)
            elif run.warm_up not in [*self.waiting, *self.processes]:
                self._fail(run, f'its warm-up {run.warm_up.label} failed')

    def _judge(self, run: LadderRun, exit_code: int) -> None:
        """Say how a process ended; without its result, also exit code 0 is a failure."""
        if run.is_complete:
            self._leave(run, f'done{_summary(run)}')
        else:
            last_line = ['no output', *_log(run).read_text(errors='replace').splitlines()][-1]
            self._fail(run, f'exit code {exit_code}, see {_log(run)}: {last_line}')

    def _fail(self, run: LadderRun, reason: str) -> None:
        self.failed[run.label] = reason
        self._leave(run, f'FAILED: {reason}')

    def _leave(self, run: LadderRun, line: str) -> None:
        if run in self.waiting:
            self.waiting.remove(run)
        self.bar.write(f'{run.label}: {line}', file=sys.stdout)
        self.bar.update()


def _start(run: LadderRun, tool: Path) -> subprocess.Popen:
    """Start a training, which writes its output to a file in the work directory."""
    run.work_dir.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(tool), str(run.config_file), '--work-dir']
    command.append(str(run.work_dir.resolve()))
    if last_checkpoint(run.work_dir) is not None:
        command.append('--resume')
    with _log(run).open('a', encoding='utf-8') as log:
        return subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, 'OMP_NUM_THREADS': '1'},
        )


def _log(run: LadderRun) -> Path:
    return run.work_dir / 'output.log'


def _ended(process: subprocess.Popen) -> bool:
    return process.poll() is not None


def _summary(run: LadderRun) -> str:
    """Scores and time of a complete run."""
    scores = final_scores(run.work_dir) or {}
    names = {'mAP': SCORE, 'R@1': 't2i/R@1'}
    values = [f'{name} {scores[key]:.2f}' for name, key in names.items() if key in scores]
    return ', ' + ', '.join([*values, f'{minutes(run.work_dir):.1f} min'])
