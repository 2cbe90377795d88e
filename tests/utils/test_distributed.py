import os
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from cpcl_mm.utils.distributed import check_gpu, leave_distributed, prepare_distributed

# What Slurm tells the third of four processes.
SLURM = {
    'SLURM_PROCID': '2',
    'SLURM_LOCALID': '0',
    'SLURM_NTASKS': '4',
    'SLURM_NODELIST': 'node[07-08]',
}
SCONTROL = """#!/bin/sh
[ "$*" = "show hostnames node[07-08]" ] && printf 'node07\\nnode08\\n'
"""


@pytest.fixture
def started(monkeypatch, tmp_path):
    """The environments with which gloo was started; ``scontrol`` is there, GPUs are not."""
    (tmp_path / 'scontrol').write_text(SCONTROL)
    (tmp_path / 'scontrol').chmod(0o755)
    for name in ('RANK', 'LOCAL_RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, 'environ', os.environ.copy())
    os.environ['PATH'] = f'{tmp_path}:{os.environ["PATH"]}'
    environments = []
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    monkeypatch.setattr(
        'torch.distributed.init_process_group',
        lambda backend: environments.append(dict(os.environ, backend=backend)),
    )
    return environments


def test_nothing_happens_without_a_launcher():
    cfg = Config()
    prepare_distributed(cfg, 'none')
    assert 'model_wrapper_cfg' not in cfg


def test_torchrun_is_asked_for_where_its_environment_is_missing(started):
    with pytest.raises(RuntimeError, match='no RANK, .*dist_train.sh'):
        prepare_distributed(Config(), 'pytorch')
    assert started == []


def test_slurm_starts_gloo_with_its_own_numbers(started):
    os.environ.update(SLURM)
    cfg = Config()
    prepare_distributed(cfg, 'slurm')
    expected = {'RANK': '2', 'LOCAL_RANK': '0', 'WORLD_SIZE': '4', 'MASTER_ADDR': 'node07'}
    expected |= {'MASTER_PORT': '29500', 'backend': 'gloo'}
    assert expected.items() <= started[0].items()
    assert cfg.model_wrapper_cfg.device_ids is None


def test_address_and_port_that_are_given_are_kept(started):
    os.environ.update(SLURM, MASTER_ADDR='10.0.0.1', MASTER_PORT='4000')
    prepare_distributed(Config(), 'slurm')
    assert (started[0]['MASTER_ADDR'], started[0]['MASTER_PORT']) == ('10.0.0.1', '4000')


def test_mpi_does_not_know_the_first_machine(started):
    os.environ.update({f'OMPI_COMM_WORLD_{name}': '1' for name in ('RANK', 'LOCAL_RANK', 'SIZE')})
    with pytest.raises(RuntimeError, match='no MASTER_ADDR: start with MASTER_ADDR=127.0.0.1 mpi'):
        prepare_distributed(Config(), 'mpi')


def test_mmengine_starts_by_itself_where_there_are_gpus(monkeypatch):
    monkeypatch.setattr('torch.cuda.is_available', lambda: True)
    monkeypatch.setattr('torch.cuda.device_count', lambda: 2)
    monkeypatch.setenv('LOCAL_RANK', '1')
    cfg = Config()
    check_gpu('pytorch')
    prepare_distributed(cfg, 'pytorch')
    assert 'model_wrapper_cfg' not in cfg


def test_more_processes_than_gpus(monkeypatch):
    monkeypatch.setattr('torch.cuda.is_available', lambda: True)
    monkeypatch.setattr('torch.cuda.device_count', lambda: 2)
    monkeypatch.setenv('LOCAL_RANK', '2')
    with pytest.raises(RuntimeError, match='process 2 .* has no GPU, there are 2: start at most'):
        check_gpu('pytorch')
    check_gpu('none')


def test_a_run_that_is_done_leaves_its_group(tmp_path):
    file = f'file://{tmp_path}/group'
    torch.distributed.init_process_group('gloo', init_method=file, rank=0, world_size=1)
    leave_distributed()
    assert not torch.distributed.is_initialized()
    leave_distributed()  # there is nothing left to end


def test_a_group_ends_its_threads_though_a_runner_held_it(tmp_path):
    class Runner:
        def __init__(self):
            self.model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 2))
            self.loop = self  # as mmengine's loops refer to their runner

    threads = Path('/proc/self/task')
    before = set(threads.iterdir())
    file = f'file://{tmp_path}/group'
    torch.distributed.init_process_group('gloo', init_method=file, rank=0, world_size=1)
    Runner()
    started = set(threads.iterdir()) - before
    assert started
    leave_distributed()
    assert started.isdisjoint(threads.iterdir())
