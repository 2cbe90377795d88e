"""A run that is cut off at any moment and resumed ends as one that was not."""

import itertools
import json
import shutil
from pathlib import Path

import pytest
import torch
from mmengine.evaluator import BaseMetric
from mmengine.fileio.backends import backends
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner

from cpcl_mm.engine.checkpoint_files import BACKEND, WholeFileBackend
from cpcl_mm.engine.hooks import (
    CheckpointFitHook,
    EpochSeedHook,
    FinalTestHook,
    SafeCheckpointHook,
)
from cpcl_mm.utils.safe_checkpoints import load_checkpoint_file

NAMES = itertools.count()
EPOCHS = 3


class PowerCut(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


class Plug:
    """Counts the moments of a run, and pulls the plug at one of them."""

    def __init__(self, at=None):
        self.at, self.moments = at, []

    def __call__(self, moment):
        self.moments.append(moment)
        if len(self.moments) - 1 == self.at:
            raise PowerCut(moment)


class Moments(Hook):
    """Moments of the loops; those of files are in `cut`."""

    priority = 'VERY_HIGH'

    def __init__(self, plug):
        self.plug = plug

    def before_train_epoch(self, runner):
        self.plug(f'train {runner.epoch + 1}')

    def before_val_iter(self, runner, **kwargs):
        self.plug(f'validate {runner.epoch}')

    def after_val_epoch(self, runner, metrics):
        self.plug(f'validated {runner.epoch}')

    def before_test(self, runner):
        self.plug('test')


class Noisy(BaseModel):
    """One weight that goes up and down by random numbers."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(3))

    def forward(self, inputs, data_samples=None, mode='loss'):
        if mode == 'loss':
            return dict(loss=(self.weight * torch.randn(3)).sum())
        return [dict(weight=self.weight.detach().clone())]


class Height(BaseMetric):
    """Scores that rise and fall with the weights."""

    default_prefix = 'toy'

    def process(self, data_batch, data_samples):
        self.results.extend(data_samples)

    def compute_metrics(self, results):
        height = 40 * results[0]['weight'].sum()
        return dict(height=float(torch.sin(height)), depth=float(torch.cos(height)))


def make_runner(work_dir, plug, save_best='toy/height', **options):
    data = dict(
        batch_size=2,
        dataset=[dict(inputs=torch.zeros(1), data_samples=None)] * 4,
        sampler=dict(type='DefaultSampler', shuffle=False),
    )
    checkpoint = SafeCheckpointHook(
        interval=1, max_keep_ckpts=2, save_best=save_best, rule='greater'
    )
    settings = dict(
        work_dir=str(work_dir),
        train_dataloader=data,
        val_dataloader=data,
        test_dataloader=data,
        train_cfg=dict(by_epoch=True, max_epochs=EPOCHS),
        val_cfg=dict(),
        test_cfg=dict(),
        val_evaluator=[Height()],
        test_evaluator=[Height()],
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9)),
        param_scheduler=[dict(type='LinearLR', start_factor=0.5, end=EPOCHS)],
        default_hooks=dict(checkpoint=checkpoint),
        custom_hooks=[EpochSeedHook(), CheckpointFitHook(), FinalTestHook(), Moments(plug)],
        log_level='WARNING',
        randomness=dict(seed=0),
        # Loggers and hubs of one name are one in a process.
        experiment_name=f'toy_{next(NAMES)}',
        cfg=dict(test_dataloader=data),
    )
    return Runner(Noisy(), **settings | options)


@pytest.fixture
def train(monkeypatch):
    """``train(work_dir, plug)`` trains; the moments of the files are moments of the plug too."""

    def run(work_dir, plug=None, **options):
        plug = plug or Plug()

        class Watched(WholeFileBackend):
            def put(self, obj, filepath):
                Path(f'{filepath}.unfinished').write_bytes(obj[: len(obj) // 2])
                plug(f'while {Path(filepath).name} is written')
                super().put(obj, filepath)
                plug(f'after {Path(filepath).name} was written')

            def remove_outdated(self):
                for path in self.outdated:
                    plug(f'before {path.name} is removed')
                super().remove_outdated()

        monkeypatch.setitem(backends, BACKEND, Watched)
        runner = make_runner(work_dir, plug, **options)
        runner.train()
        return runner

    return run


def outcome(work_dir):
    """What a run leaves: the names of its files, what is in them, and the scores."""
    files = {path.name: load_checkpoint_file(path) for path in sorted(work_dir.glob('*.pth'))}
    weights = {name: file['state_dict']['weight'].tolist() for name, file in files.items()}
    optimizers = {name: str(file.get('optimizer')) for name, file in files.items()}
    return weights, optimizers, json.loads((work_dir / 'test_scores.json').read_text())


def cut_off(train, work_dir, moment):
    """Train to the first of the moments of this name."""

    class Named(Plug):
        def __call__(self, now):
            if now == moment:
                raise PowerCut

    with pytest.raises(PowerCut):
        train(work_dir, Named())


def test_a_run_cut_off_at_any_moment_and_resumed_ends_like_a_whole_one(tmp_path, train):
    train(tmp_path / 'whole', every := Plug())
    whole = outcome(tmp_path / 'whole')
    assert any('best' in moment and 'removed' in moment for moment in every.moments)
    for at, moment in enumerate(every.moments):
        with pytest.raises(PowerCut):
            train(tmp_path / str(at), Plug(at))
        train(tmp_path / str(at), resume=True)
        assert outcome(tmp_path / str(at)) == whole, moment


def test_several_best_checkpoints_are_kept_likewise(tmp_path, train):
    both = dict(save_best=['toy/height', 'toy/depth'])
    train(tmp_path / 'whole', every := Plug(), **both)
    at = max(i for i, moment in enumerate(every.moments) if 'best' in moment)
    with pytest.raises(PowerCut):
        train(tmp_path / 'cut', Plug(at), **both)
    train(tmp_path / 'cut', resume=True, **both)
    assert outcome(tmp_path / 'cut') == outcome(tmp_path / 'whole')


def test_a_cut_checkpoint_is_passed_over_for_the_last_whole_one(tmp_path, train):
    train(tmp_path / 'run')
    whole = outcome(tmp_path / 'run')
    last = tmp_path / 'run' / f'epoch_{EPOCHS}.pth'
    last.write_bytes(last.read_bytes()[:1000])
    with pytest.raises(
        ValueError, match=f'{last} is cut, .* beside it is .*epoch_{EPOCHS - 1}.pth'
    ):
        train(tmp_path / 'run', resume=True, load_from=str(last))
    train(tmp_path / 'run', resume=True)
    assert outcome(tmp_path / 'run') == whole


def test_a_copied_work_directory_stands_alone(tmp_path, train):
    """The paths that its checkpoints and ``last_checkpoint`` hold are those of the other one."""
    cut_off(train, tmp_path / 'old', 'validate 2')
    shutil.copytree(tmp_path / 'old', tmp_path / 'copy')
    before = {path: path.read_bytes() for path in (tmp_path / 'old').glob('*.pth')}
    train(tmp_path / 'copy', resume=True)
    train(tmp_path / 'whole')
    assert outcome(tmp_path / 'copy') == outcome(tmp_path / 'whole')
    assert {path: path.read_bytes() for path in (tmp_path / 'old').glob('*.pth')} == before


def test_resumed_into_another_folder_the_best_checkpoint_comes_along(tmp_path, train):
    two_epochs = dict(train_cfg=dict(by_epoch=True, max_epochs=2))
    train(tmp_path / 'old', **two_epochs)
    last = str(tmp_path / 'old' / 'epoch_2.pth')
    train(tmp_path / 'new', resume=True, load_from=last, **two_epochs)
    (best,) = (tmp_path / 'old').glob('best_*.pth')
    assert (tmp_path / 'new' / best.name).read_bytes() == best.read_bytes()
    assert outcome(tmp_path / 'new')[2] == outcome(tmp_path / 'old')[2]


def test_a_best_checkpoint_that_is_gone_is_forgotten(tmp_path, train):
    cut_off(train, tmp_path, 'validated 2')
    next(tmp_path.glob('best_*.pth')).unlink()
    train(tmp_path, resume=True)
    assert len(list(tmp_path.glob('best_*.pth'))) == 1


def test_without_a_checkpoint_training_starts_from_the_beginning_and_says_so(tmp_path, train):
    runner = train(tmp_path, resume=True)
    assert runner.epoch == EPOCHS
    log = next(tmp_path.glob('*/*.log')).read_text()
    assert f'There is no checkpoint in {tmp_path} to resume' in log


def test_a_disk_that_is_full_leaves_the_last_whole_checkpoint(tmp_path, train):
    class FullDisk(Plug):
        def __call__(self, moment):
            if moment == 'while epoch_2.pth is written':
                raise OSError(28, 'No space left on device')

    with pytest.raises(OSError, match='No space left'):
        train(tmp_path, FullDisk())
    train(tmp_path, resume=True)
    train(tmp_path / 'whole')
    assert outcome(tmp_path) == outcome(tmp_path / 'whole')
