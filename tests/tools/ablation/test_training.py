"""Processes, with a script in the place of the training."""

import pytest
import training
from mmengine.config import Config
from plan import Run
from training import train_all

# Writes what a training leaves. The seed says how it ends.
SCRIPT = """
import json, sys, time
from pathlib import Path

folder = Path(sys.argv[3])
seed = int(folder.name[-1])
with (folder.parents[1] / 'started').open('a') as file:
    file.write(f'{folder.parent.name}{seed} {sys.argv[4:]}\\n')
if seed == 1:
    raise ValueError('this seed fails')
if seed == 2:
    sys.exit()
if folder.parent.name == 'warm_up':
    (folder / 'last_checkpoint').write_text('epoch_1.pth')
else:
    (folder / 'test_scores.json').write_text(json.dumps({'t2i/mAP': 25.0}))
"""


@pytest.fixture
def tool(tmp_path):
    path = tmp_path / 'train.py'
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def make(tmp_path):
    def make(name, seed=0, warm_up=None):
        cfg = Config({'train_cfg': {'max_epochs': 1}})
        return Run(tmp_path / 'out', name, 0, seed, cfg, warm_up)

    return make


def started(tmp_path):
    return (tmp_path / 'out' / 'started').read_text().splitlines()


def test_a_run_that_fails_does_not_stop_the_others(tool, make, capsys):
    failed = train_all([make('itc', seed) for seed in range(4)], tool)
    assert failed.keys() == {'itc/data0_seed1', 'itc/data0_seed2'}
    assert failed['itc/data0_seed1'].startswith('exit code 1, see ')
    assert failed['itc/data0_seed1'].endswith('ValueError: this seed fails')
    assert failed['itc/data0_seed2'].startswith('exit code 0')
    printed = capsys.readouterr().out
    assert 'itc/data0_seed0: complete' in printed
    assert 'itc/data0_seed1: FAILED, exit code 1' in printed


@pytest.mark.parametrize('jobs', [1, 3])
def test_runs_wait_for_their_warm_up_and_fail_with_it(tmp_path, tool, make, jobs):
    runs = []
    for seed in (0, 1):
        warm_up = make('warm_up', seed)
        runs += [warm_up, make('a', seed, warm_up), make('b', seed, warm_up)]
    failed = train_all(runs, tool, jobs)
    reason = 'its warm-up warm_up/data0_seed1 failed'
    assert failed['a/data0_seed1'] == failed['b/data0_seed1'] == reason
    order = [line.split()[0] for line in started(tmp_path)]
    assert sorted(order[:2]) == ['warm_up0', 'warm_up1']
    assert sorted(order[2:]) == ['a0', 'b0']


def test_complete_runs_are_skipped_and_cut_ones_resumed(tmp_path, tool, make):
    done, cut, new = (make(name) for name in ('done', 'cut', 'new'))
    train_all([done], tool)
    cut.work_dir.mkdir(parents=True)
    (cut.work_dir / 'last_checkpoint').write_text('epoch_1.pth')
    assert train_all([done, cut, new], tool) == {}
    assert started(tmp_path) == ['done0 []', "cut0 ['--resume']", 'new0 []']


def test_several_jobs_are_trained_at_a_time(tmp_path, make):
    """Each waits for the other to have started."""
    script = tmp_path / 'pair.py'
    wait = (
        "while len((folder.parents[1] / 'started').read_text().splitlines()) < 2: time.sleep(0.1)"
    )
    script.write_text(SCRIPT.replace('if seed == 1', f'{wait}\nif seed == 1'))
    assert train_all([make('a'), make('b')], script, jobs=2) == {}


def test_an_interruption_ends_the_trainings(tmp_path, make, monkeypatch):
    script = tmp_path / 'forever.py'
    script.write_text('import time\nwhile True: time.sleep(1)')
    processes = []

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(training.time, 'sleep', interrupt)
    start = training._start
    monkeypatch.setattr(training, '_start', lambda *a: processes.append(start(*a)) or processes[-1])
    with pytest.raises(KeyboardInterrupt):
        train_all([make('a')], script)
    assert [process.poll() is not None for process in processes] == [True]
