"""Trains runs in processes of their own, several at a time."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from plan import WARM_UP, Run
from tqdm import tqdm

POLL_SECONDS = 0.2


def train_all(runs: Sequence[Run], tool: Path, jobs: int = 1) -> dict[str, str]:
    """Train what is not complete, warm-ups first; what was cut goes on from its last checkpoint.

    A run that fails does not stop the others, but those that wait for its checkpoint fail with it.
    When this function is interrupted, so are the trainings.

    Args:
        runs (Sequence[Run]): Runs whose config files are written.
        tool (Path): ``tools/train.py``, or a script with its ``--work-dir`` and ``--resume``.
        jobs (int): Trainings at a time, each with one thread. Defaults to 1.

    Returns:
        dict[str, str]: Why runs failed, by their labels.
    """
    failed: dict[str, str] = {}
    with tqdm(total=len(runs), desc='ablation', unit='run') as bar:
        _train([run for run in runs if run.name == WARM_UP], tool, jobs, failed, bar)
        _train([run for run in runs if run.name != WARM_UP], tool, jobs, failed, bar)
    return failed


def _train(waiting: list[Run], tool: Path, jobs: int, failed: dict[str, str], bar: tqdm) -> None:
    def leave(run: Run, failure: str = '') -> None:
        if failure:
            failed[run.label] = failure
        bar.write(f'{run.label}: {f"FAILED, {failure}" if failure else "complete"}', sys.stdout)
        bar.update()

    processes: dict[Run, subprocess.Popen] = {}
    try:
        while waiting or processes:
            while waiting and len(processes) < jobs:
                run = waiting.pop(0)
                if run.is_complete:
                    leave(run)
                elif run.warm_up and not run.warm_up.is_complete:
                    leave(run, f'its warm-up {run.warm_up.label} failed')
                else:
                    processes[run] = _start(run, tool)
            time.sleep(POLL_SECONDS if processes else 0)
            for run in [run for run, process in processes.items() if process.poll() is not None]:
                exit_code = processes.pop(run).returncode
                # Without its result, also exit code 0 is a failure.
                leave(run, '' if run.is_complete else _why(run, exit_code))
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.wait()


def _start(run: Run, tool: Path) -> subprocess.Popen:
    run.work_dir.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [sys.executable, tool, run.config_file]
    command += ['--work-dir', run.work_dir.resolve()]
    command += ['--resume'] if run.last_checkpoint else []
    environment = {**os.environ, 'OMP_NUM_THREADS': '1'}
    with (run.work_dir / 'output.log').open('a', encoding='utf-8') as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)


def _why(run: Run, exit_code: int) -> str:
    log = run.work_dir / 'output.log'
    lines = ['no output', *log.read_text(encoding='utf-8', errors='replace').splitlines()]
    return f'exit code {exit_code}, see {log}: {lines[-1]}'
