"""A ladder of two configs on a tiny data set, from the command to the table."""

from pathlib import Path

import pytest
import torch
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config

TOOL = 'run_ladder.py'
CONFIGS = Path(__file__).parents[2] / 'configs' / 'synthetic_ladder'
# The ladder's own configs, with the first clustering after one epoch.
SHORT = """
_base_ = [{base!r}]
default_hooks = dict({hooks})
"""
SETTINGS = {'train_identities': 6, 'val_identities': 3, 'test_identities': 3}


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Configs ``itc`` and ``oplm``, made short."""
    folder = tmp_path_factory.mktemp('ladder')
    (folder / 'configs').mkdir()
    for name, hooks in (('itc', ''), ('oplm', 'pseudo_labels=dict(start=1)')):
        text = SHORT.format(base=str(CONFIGS / f'{name}.py'), hooks=hooks)
        (folder / 'configs' / f'{name}.py').write_text(text)
    return folder


@pytest.fixture(scope='module')
def options(folder):
    """Two epochs on a tiny draw of SyntheticPedes."""
    options = ['train_cfg.max_epochs=2', 'train_cfg.val_interval=1']
    for part in ('train', 'val', 'test'):
        loader = f'{part}_dataloader'
        options += [f'{loader}.batch_size=16', f'{loader}.num_workers=0']
        options += [f'{loader}.dataset.data_root={folder / "pedes"}']
        options += [f'{loader}.dataset.settings.{key}={value}' for key, value in SETTINGS.items()]
    return options


@pytest.fixture
def ladder(run_tool, folder, options):
    """A function that runs the tool on the short configs and returns what it printed."""

    def run(out, *args, more=()):
        return run_tool(
            *(TOOL, folder / 'configs', '--out', out, '--warm-up', folder / 'configs' / 'itc.py'),
            *('--data-seeds', '1,', *args, '--cfg-options', *options, *more),
        )

    return run


@pytest.fixture(scope='module')
def trained(folder):
    """Where the ladder is that the first test trains and the next ones look at."""
    return folder / 'out'


def weights(run):
    return torch.load(run / 'epoch_2.pth')['state_dict']


def test_two_configs_are_trained_from_one_warm_up_and_compared(ladder, folder, trained):
    printed = ladder(trained, '--jobs', 2)
    for label in ('warm_up', 'itc', 'oplm'):
        assert f'{label}/data1_seed0: done' in printed
    rows = [line for line in (trained / 'ladder.md').read_text().splitlines() if '| ITC' in line]
    assert [row.split(' | ')[1] for row in rows[:2]] == ['1', '1']
    assert rows[2].startswith('| ITC + PMM + HCM + OPLM (CPCL) |')
    assert (trained / 'ladder.png').stat().st_size > 10_000
    assert (folder / 'pedes_seed1' / 'data_captions.json').is_file()
    log = (trained / 'oplm' / 'data1_seed0' / 'output.log').read_text()
    assert 'resumed epoch: 1' in log
    assert 'Pseudo labels before epoch 2' in log


def test_a_config_that_goes_on_from_its_warm_up_ends_as_if_it_had_trained_alone(trained, tmp_path):
    shared = trained / 'itc' / 'data1_seed0'
    cfg = load_run_config(f'{shared}.py', str(tmp_path), {'resume': False, 'load_from': None})
    Runner.from_cfg(cfg).train()
    one, other = weights(tmp_path), weights(shared)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_complete_runs_are_skipped(ladder, trained):
    before = sorted((trained / 'oplm' / 'data1_seed0').iterdir())
    printed = ladder(trained)
    assert printed.count('complete already') == 3
    assert sorted((trained / 'oplm' / 'data1_seed0').iterdir()) == before


def test_other_settings_are_not_mixed_in(ladder, trained):
    with pytest.raises(ValueError, match=r'oplm/data1_seed0 \(.*optim_wrapper.*another folder'):
        ladder(trained, more=['optim_wrapper.optimizer.lr=0.01'])


def test_report_only(run_tool, trained):
    (trained / 'ladder.md').unlink()
    assert '| ITC |' in run_tool(TOOL, '--report-only', '--out', trained)
    assert (trained / 'ladder.md').is_file()


def test_runs_that_fail_are_listed_and_the_others_reported(ladder, trained, monkeypatch, capsys):
    failed = {'oplm/data1_seed1': 'exit code 1'}
    monkeypatch.setattr('cpcl_mm.apis.ladder.train_all', lambda runs, tool, jobs: failed)
    with pytest.raises(SystemExit, match='1'):
        ladder(trained)
    printed = capsys.readouterr().out
    assert 'FAILED oplm/data1_seed1: exit code 1' in printed
    assert '| ITC | 1 |' in printed


def test_nothing_to_report(run_tool, tmp_path, capsys):
    with pytest.raises(SystemExit, match='1'):
        run_tool(TOOL, '--report-only', '--out', tmp_path)
    assert 'has no complete run' in capsys.readouterr().out


@pytest.mark.parametrize('text', ['0', 'x', '-1,2', ','])
def test_seeds_that_are_none(run_tool, text, capsys):
    with pytest.raises(SystemExit, match='2'):
        run_tool(TOOL, f'--seeds={text}')
    assert 'names no seeds: give a number of them' in capsys.readouterr().err


def test_a_folder_without_configs(run_tool, tmp_path):
    with pytest.raises(FileNotFoundError, match='no config'):
        run_tool(TOOL, tmp_path)


def test_help_teaches_by_example(run_tool, capsys):
    with pytest.raises(SystemExit, match='0'):
        run_tool(TOOL, '--help')
    assert (
        'python tools/run_ladder.py configs/synthetic_ladder --seeds 5' in capsys.readouterr().out
    )
