"""Runs a function of a test file on several ranks: real processes that talk through gloo.

Test files get :func:`run_on_ranks` by the path of this file: whether tests can import each other
depends on how pytest is started.
"""

import json
import multiprocessing
import runpy
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import torch


def run_on_ranks(
    file: str, function: str, folder: Path, world_sizes: Sequence[int] = (1, 2, 3)
) -> dict[int, list]:
    """Call ``function(folder)`` of a file on every rank of runs of several sizes.

    Args:
        file: A test file; it is imported but once.
        function: Name of a function that returns what JSON can hold.
        folder: An empty folder.
        world_sizes: Numbers of processes.

    Returns:
        For each number of processes what the function returned on each rank.
    """
    # Not forked from here: the process of the tests may hold threads, which do not survive a fork.
    arguments = [file, function, str(folder), *map(str, world_sizes)]
    command = [sys.executable, '-W', 'ignore', __file__, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return {size: json.loads((folder / f'{size}.json').read_text()) for size in world_sizes}


def _work(call, rank, world_size, folder, results):
    torch.set_num_threads(1)
    store = f'file://{folder}/store_{world_size}'
    torch.distributed.init_process_group(
        'gloo', init_method=store, rank=rank, world_size=world_size
    )
    try:
        results.put((rank, call(folder), None))
    except BaseException:
        # The others may wait for this rank for ever: they end with the process that started them.
        results.put((rank, None, traceback.format_exc()))
    torch.distributed.destroy_process_group()


def _call_on_ranks(call, world_size, folder):
    fork = multiprocessing.get_context('fork')
    results = fork.Queue()
    ranks = [
        fork.Process(target=_work, args=(call, rank, world_size, folder, results), daemon=True)
        for rank in range(world_size)
    ]
    for process in ranks:
        process.start()
    by_rank = {}
    for _ in ranks:
        rank, by_rank[rank], error = results.get()
        if error is not None:
            raise SystemExit(f'rank {rank} of {world_size}: {error}')
    for process in ranks:
        process.join()
    return [by_rank[rank] for rank in range(world_size)]


def _main(file, function, folder, *world_sizes):
    call = runpy.run_path(file)[function]
    for size in map(int, world_sizes):
        results = _call_on_ranks(call, size, Path(folder))
        Path(folder, f'{size}.json').write_text(json.dumps(results))


if __name__ == '__main__':
    _main(*sys.argv[1:])
