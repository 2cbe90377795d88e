import json
import runpy
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config
from cpcl_mm.registry import HOOKS

ROOT = Path(__file__).parents[2]


@HOOKS.register_module()
class PullThePlug(Hook):
    """Stops the process at the start of an epoch, as a power cut would."""

    def __init__(self, epoch):
        self.epoch = epoch

    def before_train_epoch(self, runner):
        if runner.epoch == self.epoch:
            raise KeyboardInterrupt


def train(config, work_dir, **options):
    cfg = load_run_config(config, str(work_dir), options)
    runner = Runner.from_cfg(cfg)
    runner.train()
    return runner


def checkpoint(work_dir, epoch):
    return torch.load(Path(work_dir) / f'epoch_{epoch}.pth', map_location='cpu')


def assert_equal_to_the_bit(one, other):
    for part in ('state_dict', 'optimizer'):
        flat = [_flatten(checkpoint[part]) for checkpoint in (one, other)]
        assert flat[0].keys() == flat[1].keys()
        for key, value in flat[0].items():
            same = (
                torch.equal(value, flat[1][key])
                if torch.is_tensor(value)
                else value == flat[1][key]
            )
            assert same, f'{part}: {key} differs'


def _flatten(tree, path=()):
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    flat = {}
    for key, value in items:
        nested = isinstance(value, dict | list)
        flat.update(_flatten(value, (*path, key)) if nested else {(*path, key): value})
    return flat


def test_the_command_trains_tests_and_draws(tmp_path, small_config):
    tool = [sys.executable, '-W', 'ignore', str(ROOT / 'tools' / 'train.py')]
    command = [*tool, small_config(), '--work-dir', str(tmp_path / 'run')]
    command += ['--cfg-options', 'train_cfg.max_epochs=2']
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert 'Testing the checkpoint that validation chose' in done.stdout + done.stderr
    final = json.loads((tmp_path / 'run' / 'test_scores.json').read_text())
    assert {'t2i/R@1', 't2i/R@5', 't2i/R@10', 't2i/mAP', 't2i/mINP', 'i2t/R@1'} <= final.keys()
    assert (tmp_path / 'run' / 'ranked_results.png').stat().st_size > 0
    assert list((tmp_path / 'run').glob('*/vis_data/events.out.tfevents*'))


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(tmp_path, small_config):
    config = small_config()
    train(config, tmp_path / 'whole')
    plug = "custom_hooks = [dict(type='PullThePlug', epoch=2)]"
    with pytest.raises(KeyboardInterrupt):
        train(small_config(extra=plug), tmp_path / 'cut')
    assert not (tmp_path / 'cut' / 'epoch_4.pth').exists()
    train(small_config(), tmp_path / 'cut', resume=True)
    assert_equal_to_the_bit(checkpoint(tmp_path / 'cut', 4), checkpoint(tmp_path / 'whole', 4))


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path, small_config):
    options = {'train_cfg.max_epochs': 1, 'test_dataloader': None, 'test_evaluator': None}
    options |= {'test_cfg': None}
    for name, seed in (('a', 0), ('b', 0), ('c', 1)):
        train(small_config(), tmp_path / name, **options, **{'randomness.seed': seed})
    a, b, c = (checkpoint(tmp_path / name, 1) for name in 'abc')
    assert_equal_to_the_bit(a, b)
    with pytest.raises(AssertionError, match='differs'):
        assert_equal_to_the_bit(a, c)


def test_no_validate_tests_the_last_weights(tmp_path, small_config, run_tool):
    run_tool(
        'train.py',
        small_config(),
        *('--no-validate', '--work-dir', tmp_path / 'run'),
        *('--cfg-options', 'train_cfg.max_epochs=1'),
    )
    log = next((tmp_path / 'run').glob('*/*.log')).read_text()
    assert 'Testing the last weights' in log
    assert 'Epoch(val)' not in log


@pytest.mark.parametrize(
    ('wrapper', 'with_amp'),
    [(None, 'cpcl_mm.mixed_precision'), ('AmpOptimWrapper', 'AmpOptimWrapper')],
)
def test_amp_takes_the_precision_that_the_machine_has(wrapper, with_amp):
    tool = runpy.run_path(str(ROOT / 'tools' / 'train.py'))
    cfg = Config(dict(optim_wrapper=dict(type=wrapper) if wrapper else {}))
    flags = Namespace(no_validate=False, amp=True, resume=None, auto_scale_lr=False)
    tool['apply_train_flags'](cfg, flags)
    assert cfg.optim_wrapper.type == with_amp


def test_a_misspelled_type_stops_before_anything_is_built(small_config, run_tool):
    with pytest.raises(SystemExit, match='error: .*did you mean TextToImageRetriever'):
        run_tool('train.py', small_config(), '--cfg-options', 'model.type=TextToImageRetrievr')


def test_a_misspelled_architecture_is_answered_with_near_ones(small_config, run_tool, tmp_path):
    option = 'model.image_backbone.architecture=cpcl-tny'
    with pytest.raises(SystemExit, match="'cpcl-tny'; nearest names: .'cpcl-tiny'"):
        run_tool('train.py', small_config(), '--work-dir', tmp_path, '--cfg-options', option)


def test_a_mistake_in_the_test_split_stops_before_training(small_config, run_tool, tmp_path):
    with pytest.raises(SystemExit, match="split 'tset'"):
        run_tool(
            'train.py',
            small_config(),
            *('--work-dir', tmp_path / 'run'),
            *('--cfg-options', 'test_dataloader.dataset.split=tset'),
        )
    assert not list((tmp_path / 'run').glob('*.pth'))


def test_fewer_pairs_than_a_batch(small_config, run_tool, tmp_path):
    for schedule in ('', "param_scheduler = None\ntrain_dataloader['batch_size'] = 64"):
        extra = f"train_dataloader['batch_size'] = 64\n{schedule}"
        with pytest.raises(SystemExit, match='has 24 samples, fewer than .*batch_size=24 or less'):
            run_tool('train.py', small_config(extra=extra), '--work-dir', tmp_path / 'run')
    log = next((tmp_path / 'run').glob('*/*.log')).read_text()
    assert 'Traceback' in log


def test_ctrl_c_says_how_to_go_on(small_config, run_tool, tmp_path, capsys):
    extra = "custom_hooks = [dict(type='PullThePlug', epoch=0)]"
    with pytest.raises(SystemExit) as stop:
        run_tool('train.py', small_config(extra=extra), '--work-dir', tmp_path / 'run')
    assert stop.value.code == 130
    assert 'to go on, run the same command with --resume' in capsys.readouterr().err


def test_a_checkpoint_to_resume_that_is_not_there(small_config, run_tool):
    with pytest.raises(SystemExit, match='--resume nowhere.pth: there is no such file'):
        run_tool('train.py', small_config(), '--resume', 'nowhere.pth')


def test_auto_scale_lr_without_a_base_batch_size(small_config, run_tool):
    with pytest.raises(SystemExit, match='base_batch_size'):
        run_tool('train.py', small_config(extra='auto_scale_lr = None'), '--auto-scale-lr')


def test_the_help_teaches(run_tool, capsys):
    with pytest.raises(SystemExit):
        run_tool('train.py', '--help')
    assert 'clip_itc_synthetic.py --resume' in capsys.readouterr().out
