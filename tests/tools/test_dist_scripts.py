"""The shell scripts that start several processes: really run, through gloo on the CPU."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import cpcl_mm  # noqa: F401  (lets mmengine checkpoints load)

TOOLS = Path(__file__).parents[2] / 'tools'
SCRIPTS = sorted(path.name for path in TOOLS.glob('*.sh'))
BASH = shutil.which('bash')
# Labels before the first epoch and before the second; both see images that are augmented at random.
TWO_EPOCHS = """
train_cfg['max_epochs'] = 2
clusterer = dict(k1=4, k2=2, eps=0.6)
default_hooks = dict(pseudo_labels=dict(labeller=dict(image=clusterer, text=clusterer)))
"""
SETTINGS = ['NNODES', 'NODE_RANK', 'MASTER_ADDR', 'PORT', 'GPUS', 'GPUS_PER_NODE', 'SRUN_ARGS']
# Notes what it was asked for, and starts each task as Slurm does, one a machine.
FAKE_SRUN = f"""#!{sys.executable}
import json, os, pathlib, subprocess, sys
options = [arg for arg in sys.argv[1:] if arg.startswith('-')]
options = options[: [arg in options for arg in sys.argv[1:]].index(False)]
command = sys.argv[1 + len(options):]
pathlib.Path(__file__).with_name('asked.json').write_text(json.dumps([options, command]))
tasks = dict(option.split('=', 1) for option in options)['--ntasks']
environments = [
    os.environ | dict(SLURM_PROCID=str(rank), SLURM_LOCALID='0', SLURM_NTASKS=tasks)
    for rank in range(int(tasks))
]
running = [subprocess.Popen(command, env=environment) for environment in environments]
sys.exit(max(process.wait() for process in running))
"""


def start(script, *args, folder=None, path='', **settings):
    """Start a script in a folder, with nothing of this shell's settings but those given."""
    environment = {key: value for key, value in os.environ.items() if key not in SETTINGS}
    environment['PATH'] = path or f'{Path(sys.executable).parent}:{environment["PATH"]}'
    return subprocess.Popen(
        [BASH, str(TOOLS / script), *map(str, args)],
        cwd=folder,
        env=environment | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(*args, **kwargs):
    """Run a script; return its exit code and what it printed."""
    process = start(*args, **kwargs)
    output, _ = process.communicate()
    return process.returncode, output


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return str(probe.getsockname()[1])


def assert_trained_by_two(work_dir):
    """24 pairs in batches of 4, two epochs: six steps for two processes, twelve for one."""
    assert torch.load(work_dir / 'epoch_2.pth')['meta']['iter'] == 6
    assert (work_dir / 'test_scores.json').is_file()


@pytest.fixture(scope='module')
def folder(tmp_path_factory, write_small_config):
    """A folder with a space in its name that holds ``small.py``, a config of two epochs."""
    folder = tmp_path_factory.mktemp('two words')
    write_small_config(folder / 'small.py', 'cpcl_synthetic.py', TWO_EPOCHS)
    return folder


def arguments(work_dir):
    """Arguments of the training: activations of both towers are computed twice."""
    checkpointing = [f'model.{tower}_backbone.with_cp=True' for tower in ('image', 'text')]
    return ['--work-dir', work_dir, '--cfg-options', *checkpointing]


@pytest.fixture(scope='module')
def trained(folder):
    """The work directory of a training by ``dist_train.sh``."""
    code, output = run(
        'dist_train.sh', 'small.py', 2, *arguments('the run'), folder=folder, PORT='0'
    )
    assert code == 0, output
    return folder / 'the run'


def test_two_processes_train_together(trained):
    assert_trained_by_two(trained)


def test_arguments_reach_the_training(trained):
    assert (trained / 'small.py').read_text().count('with_cp=True') == 2


def test_two_processes_test_the_checkpoint(trained, folder):
    checkpoint = next(trained.glob('best_*.pth'))
    args = ('small.py', checkpoint, 2, '--work-dir', 'test', '--out', 'the scores.json')
    code, output = run('dist_test.sh', *args, folder=folder, PORT='0')
    assert code == 0, output
    scores = json.loads((folder / 'the scores.json').read_text())
    assert scores == pytest.approx(json.loads((trained / 'test_scores.json').read_text()))


def test_two_machines_train_to_the_results_of_one(trained, folder):
    args = ['small.py', 1, *arguments('two machines')]
    settings = dict(folder=folder, NNODES='2', MASTER_ADDR='127.0.0.1', PORT=free_port())
    machines = [start('dist_train.sh', *args, NODE_RANK=rank, **settings) for rank in '01']
    outputs = [machine.communicate()[0] for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0], '\n'.join(outputs)
    one, two = (torch.load(run / 'epoch_2.pth') for run in (trained, folder / 'two machines'))
    for modality in ('image', 'text'):
        labels = [run['pseudo_labels']['labels'][modality] for run in (one, two)]
        assert labels[0].max() >= 0
        assert torch.equal(*labels)
    assert one['state_dict'].keys() == two['state_dict'].keys()
    assert all(torch.equal(two['state_dict'][key], x) for key, x in one['state_dict'].items())
    scores = [(run / 'test_scores.json').read_text() for run in (trained, folder / 'two machines')]
    assert scores[0] == scores[1]


@pytest.fixture
def srun(tmp_path):
    """A ``PATH`` on which :data:`FAKE_SRUN` comes first, and the file that it leaves."""
    (tmp_path / 'srun').write_text(FAKE_SRUN)
    (tmp_path / 'srun').chmod(0o755)
    path = f'{tmp_path}:{Path(sys.executable).parent}:{os.environ["PATH"]}'
    return path, tmp_path / 'asked.json'


def test_slurm_starts_the_training(folder, srun):
    path, asked = srun
    settings = dict(GPUS='2', GPUS_PER_NODE='1', CPUS_PER_TASK='3', PORT=free_port())
    settings |= dict(MASTER_ADDR='127.0.0.1', SRUN_ARGS='--gres=none --time=1:00')
    args = ('a partition', 'a job', 'small.py', '--work-dir', 'by slurm')
    code, output = run('slurm_train.sh', *args, folder=folder, path=path, **settings)
    assert code == 0, output
    assert_trained_by_two(folder / 'by slurm')
    options, command = json.loads(asked.read_text())
    assert options == [
        *('--partition=a partition', '--job-name=a job', '--nodes=2', '--ntasks=2'),
        *('--ntasks-per-node=1', '--gres=gpu:1', '--cpus-per-task=3', '--kill-on-bad-exit=1'),
        *('--gres=none', '--time=1:00'),
    ]
    tool = str(TOOLS / 'train.py')
    assert command == ['python', '-u', tool, *args[2:], '--launcher', 'slurm']


@pytest.mark.parametrize(
    ('gpus', 'expected'),
    [
        ({}, ('--nodes=1', '--ntasks=8', '--ntasks-per-node=8', '--gres=gpu:8')),
        ({'GPUS': '2'}, ('--nodes=1', '--ntasks=2', '--ntasks-per-node=2', '--gres=gpu:2')),
        ({'GPUS': '12'}, ('--nodes=2', '--ntasks=12', '--ntasks-per-node=8', '--gres=gpu:8')),
        ({'NNODES': '4'}, ('--nodes=4', '--ntasks=8', '--ntasks-per-node=8', '--gres=gpu:8')),
    ],
)
def test_slurm_asks_for_what_the_gpus_need(tmp_path, gpus, expected):
    (tmp_path / 'srun').write_text('#!/bin/sh\nprintf "%s\\n" "$@" "port $MASTER_PORT"\n')
    (tmp_path / 'srun').chmod(0o755)
    path = f'{tmp_path}:{os.environ["PATH"]}'
    code, output = run('slurm_train.sh', 'gpu', 'job', 'small.py', path=path, **gpus)
    assert code == 0
    assert set(expected) <= set(output.splitlines())
    assert 'port 29500' in output


@pytest.mark.parametrize('script', SCRIPTS)
def test_the_syntax_is_sound(script):
    assert subprocess.run([BASH, '-n', str(TOOLS / script)], check=False).returncode == 0


@pytest.mark.parametrize(
    ('script', 'args', 'names'),
    [
        ('dist_train.sh', ['small.py'], {'CONFIG PROCESSES', 'NODE_RANK', 'PORT'}),
        ('dist_test.sh', ['small.py', 'a.pth'], {'CHECKPOINT', 'MASTER_ADDR', 'PORT'}),
        ('slurm_train.sh', ['gpu', 'job'], {'PARTITION', 'GPUS_PER_NODE', 'SRUN_ARGS', 'PORT'}),
    ],
)
def test_missing_arguments_are_answered_by_the_usage(script, args, names):
    code, output = run(script, *args)
    assert code == 2
    assert output.startswith(f'usage: {script}')
    assert f'bash tools/{script}' in output
    assert {name for name in names if name in output} == names


def test_a_number_of_processes_that_is_none():
    code, output = run('dist_train.sh', 'small.py', '--resume')
    assert (code, output) == (
        2,
        "error: the number of processes must be a whole number from 1, not '--resume'\n",
    )


def test_a_port_in_use_is_named_with_the_way_out():
    with socket.socket() as other:
        other.bind(('127.0.0.1', 0))
        other.listen()
        port = str(other.getsockname()[1])
        code, output = run('dist_train.sh', 'small.py', 2, PORT=port)
    assert code == 1
    assert f'port {port} is in use' in output
    assert f'PORT={int(port) + 1}' in output
    assert 'PORT=0 takes any free one' in output


def test_several_machines_need_a_port_that_all_know():
    code, output = run('dist_train.sh', 'small.py', 2, NNODES='2', PORT='0')
    assert code == 2
    assert 'PORT=0 is for one machine, NNODES=2 need a port' in output


def test_an_environment_without_torchrun(tmp_path):
    (tmp_path / 'dirname').symlink_to(shutil.which('dirname'))
    code, output = run('dist_train.sh', 'small.py', 2, path=str(tmp_path))
    assert (code, output) == (
        1,
        'error: no torchrun here: activate the environment that cpcl_mm is installed in\n',
    )
