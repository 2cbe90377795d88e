import json
import runpy
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / 'tools' / 'analyze_efficiency.py'


@pytest.fixture
def main():
    return runpy.run_path(str(TOOL))['main']


def test_prints_the_numbers_and_writes_them(main, small_config, tmp_path, capsys):
    config, out = small_config('cpcl_synthetic.py'), tmp_path / 'new' / 'costs.json'
    args = ['--device', 'cpu', '--steps', '1', '--batch-size', '3', '--json', str(out)]
    options = ['--cfg-options', 'train_dataloader.num_workers=0']
    sizes = ['--train-size', '5000', '9000']
    assert main([config, *args, *sizes, *options]) == 0
    printed = capsys.readouterr().out
    assert f'{config}: cpu, ' in printed
    assert 'batch of 3' in printed
    assert json.loads(out.read_text())['rates']['training'] > 0


def test_a_number_that_is_none(main, capsys):
    with pytest.raises(SystemExit):
        main(['config.py', '--steps', '0'])
    assert "--steps: '0' is no whole number from 1" in capsys.readouterr().err


def test_a_missing_config(main):
    with pytest.raises(FileNotFoundError, match="no config file 'nowhere.py'"):
        main(['nowhere.py'])


def test_help_teaches_by_example(main, capsys):
    with pytest.raises(SystemExit, match='0'):
        main(['--help'])
    assert 'python tools/analyze_efficiency.py configs/cpcl_cuhk.py' in capsys.readouterr().out
