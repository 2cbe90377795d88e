"""An ablation of two configs on a tiny data set, from the command to the table."""

import pytest
import torch
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config

TOOL = 'ablation/run.py'
# The built-in configs, with the first clustering after two epochs.
SHORT = """
_base_ = [{base!r}]
default_hooks = dict({hooks})
"""
SETTINGS = {'train_identities': 6, 'val_identities': 3, 'test_identities': 3}


@pytest.fixture(scope='module')
def folder(tmp_path_factory, rows):
    """Configs ``1_itc`` and ``2_oplm``, made short."""
    folder = tmp_path_factory.mktemp('ablation')
    for name, base, hooks in (
        ('1_itc', '01_itc', ''),
        ('2_oplm', '06_oplm', 'pseudo_labels=dict(start=2)'),
    ):
        text = SHORT.format(base=str(rows / f'{base}.py'), hooks=hooks)
        (folder / f'{name}.py').write_text(text)
    return folder


@pytest.fixture(scope='module')
def options(folder):
    """Three epochs on a tiny draw of SyntheticPedes."""
    options = ['train_cfg.max_epochs=3', 'train_cfg.val_interval=1']
    # A warm-up is shared by configs of one rate.
    options += ['optim_wrapper.optimizer.lr=1e-3']
    for part in ('train', 'val', 'test'):
        loader = f'{part}_dataloader'
        options += [f'{loader}.batch_size=16', f'{loader}.num_workers=0']
        options += [f'{loader}.dataset.data_root={folder / "pedes"}']
        options += [f'{loader}.dataset.settings.{key}={value}' for key, value in SETTINGS.items()]
    return options


@pytest.fixture
def ablation(run_tool, folder, options):
    """A function that runs the tool on the short configs and returns what it printed."""

    def run(*args, more=()):
        return run_tool(
            *(TOOL, folder / '1_itc.py', folder / '2_oplm.py', '--out', folder / 'out'),
            *('--warm-up', folder / '1_itc.py', '--data-seeds', 1, *args),
            *('--cfg-options', *options, *more),
        )

    return run


@pytest.fixture(scope='module')
def trained(folder):
    """Where the runs are that the first test trains and the next ones look at."""
    return folder / 'out'


def weights(run):
    return torch.load(run / 'epoch_3.pth')['state_dict']


def test_two_configs_are_trained_from_one_warm_up_and_compared(ablation, folder, trained):
    printed = ablation('--jobs', 2)
    for label in ('warm_up', '1_itc', '2_oplm'):
        assert f'{label}/data1_seed0: complete' in printed
    lines = (trained / 'ablation.md').read_text().splitlines()
    rows = [line for line in lines if line.startswith('| ITC')]
    assert rows[0].startswith('| ITC | 1 |')
    assert not rows[0].endswith(' 0.0 |')
    assert rows[1].startswith('| ITC + PMM + HCM + OPLM (CPCL) | 1 |')
    assert (trained / 'ablation.png').stat().st_size > 10_000
    assert (folder / 'pedes_seed1' / 'data_captions.json').is_file()
    log = (trained / '2_oplm' / 'data1_seed0' / 'output.log').read_text()
    assert 'resumed epoch: 2' in log
    assert 'Pseudo labels before epoch 3' in log


def test_a_config_that_goes_on_from_its_warm_up_ends_as_if_it_had_trained_alone(trained, tmp_path):
    shared = trained / '1_itc' / 'data1_seed0'
    cfg = load_run_config(f'{shared}.py', str(tmp_path), {'resume': False, 'load_from': None})
    Runner.from_cfg(cfg).train()
    one, other = weights(tmp_path), weights(shared)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_complete_runs_are_not_trained_again(ablation, trained):
    before = {file: file.stat().st_mtime_ns for file in trained.glob('*/data1_seed0/*')}
    ablation()
    assert {file: file.stat().st_mtime_ns for file in trained.glob('*/data1_seed0/*')} == before


def test_other_settings_are_not_mixed_in(ablation):
    with pytest.raises(ValueError, match=r'2_oplm/data1_seed0 \(.*optim_wrapper.*another folder'):
        ablation(more=['optim_wrapper.optimizer.lr=0.01'])


def test_report_only_and_another_reference(run_tool, trained):
    printed = run_tool(TOOL, '--report-only', '--out', trained, '--reference', '2_oplm')
    assert 'paired difference to ITC + PMM + HCM + OPLM (CPCL)' in printed


def test_runs_that_fail_are_listed_and_the_others_reported(ablation, monkeypatch, capsys):
    failed = {'2_oplm/data1_seed1': 'exit code 1'}
    monkeypatch.setattr('training.train_all', lambda runs, tool, jobs: failed)
    with pytest.raises(SystemExit, match='1'):
        ablation()
    printed = capsys.readouterr().out
    assert 'FAILED 2_oplm/data1_seed1: exit code 1' in printed
    assert '| ITC | 1 |' in printed


def test_nothing_to_report(exit_of_tool, tmp_path):
    code, out, _ = exit_of_tool(TOOL, '--report-only', '--out', tmp_path)
    assert code == 1
    assert 'has no complete run' in out


@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        ([], 'name configs to train'),
        (['a.py', '--jobs', 0], 'at least 1'),
        (['a.py', '--seeds', '1,2'], "'1,2' is no whole number"),
    ],
)
def test_command_lines_that_say_too_little(exit_of_tool, arguments, reason):
    code, _, error = exit_of_tool(TOOL, *arguments)
    assert code == 2
    assert reason in error
