"""Runs a function of a test file on several ranks: real processes that talk through gloo.

Test files get :func:`run_on_ranks` by the path of this file: whether tests can import each other
depends on how pytest is started.
"""

import json
import multiprocessing
import os
import runpy
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from cpcl_mm.utils.distributed import leave_distributed

# Ranks are forked from a server that has imported the package once: not from the process of the
# tests, whose threads would not survive it.
CONTEXT = multiprocessing.get_context('forkserver')
CONTEXT.set_forkserver_preload(['cpcl_mm', 'cpcl_mm.apis', 'pytest'])
PATIENCE = 600  # seconds


def run_on_ranks(
    file: str, function: str, folder: Path, world_sizes: Sequence[int] = (1, 2, 3)
) -> dict[int, list]:
    """Call ``function(folder)`` of a file on every rank of runs of several sizes.

    Args:
        file: A test file; every rank imports it.
        function: Name of a function that returns what JSON can hold.
        folder: An empty folder.
        world_sizes: Numbers of processes.

    Returns:
        For each number of processes what the function returned on each rank.
    """
    return {size: _run(file, function, folder, size) for size in world_sizes}


def _run(file: str, function: str, folder: Path, world_size: int) -> list:
    answers = CONTEXT.Queue()
    ranks = [
        CONTEXT.Process(
            target=runpy.run_path,
            args=(__file__, {'job': (file, function, folder, rank, world_size, answers)}, 'rank'),
        )
        for rank in range(world_size)
    ]
    for process in ranks:
        process.start()
    by_rank: dict[int, Any] = {}
    try:
        while len(by_rank) < world_size:
            rank, answer, error = answers.get(timeout=PATIENCE)
            assert error is None, f'rank {rank} of {world_size}: {error}'
            by_rank[rank] = json.loads(answer)
    finally:
        # After an error of one rank the others may wait for it for ever.
        for process in ranks:
            process.join(PATIENCE if len(by_rank) == world_size else 0)
            process.kill()
    return [by_rank[rank] for rank in range(world_size)]


def _work(file: str, function: str, folder: Path, rank: int, world_size: int, answers: Any) -> None:
    # What a launcher sets and mmengine reads.
    os.environ['LOCAL_RANK'] = str(rank)
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        'gloo',
        init_method=f'file://{folder}/{function}_{world_size}',
        rank=rank,
        world_size=world_size,
    )
    try:
        answers.put((rank, json.dumps(runpy.run_path(file)[function](folder)), None))
    except BaseException:
        answers.put((rank, None, traceback.format_exc()))
    leave_distributed()


if __name__ == 'rank':
    _work(*globals()['job'])
