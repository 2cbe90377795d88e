"""Runs of a few seconds: the shipped config on a data set of a few images."""

import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL_RUN = """
_base_ = {base!r}
data = dict(type='ImageCaptionDataset', data_root={root!r}, ann_file='data_captions.json')
train_dataloader = dict(batch_size=4, dataset=data)
val_dataloader = dict(batch_size=4, dataset=data)
test_dataloader = dict(batch_size=4, dataset=data)
train_cfg = dict(max_epochs=4, val_interval=2)
env_cfg = dict(dist_cfg=dict(backend='gloo'))
"""


@pytest.fixture
def small_config(tmp_path, pedes_root):
    """A function that writes a config file: ``base`` of ``configs/``, on the tests' data set."""

    def write(base: str = 'clip_itc_synthetic.py', extra: str = '') -> str:
        text = SMALL_RUN.format(base=str(ROOT / 'configs' / base), root=str(pedes_root))
        (tmp_path / 'small.py').write_text(text + extra)
        return str(tmp_path / 'small.py')

    return write


@pytest.fixture
def run_tool(monkeypatch, capsys):
    """A function that runs a tool with its arguments in this process and returns what it printed.

    What stops a tool, :class:`SystemExit` or an error, is raised as it is.
    """

    def run(tool: str, *args: object) -> str:
        monkeypatch.setattr(sys, 'argv', [tool, *map(str, args)])
        runpy.run_path(str(ROOT / 'tools' / tool), run_name='__main__')
        return capsys.readouterr().out

    return run
