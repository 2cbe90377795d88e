import json
import runpy
from pathlib import Path

import pytest
import torch

TOOL = Path(__file__).parents[3] / 'tools' / 'benchmarks' / 'clip_step.py'
TINY = ['--architecture', 'cpcl-tiny', '--image-size', '96', '48', '--device', 'cpu']


@pytest.fixture
def tool():
    return runpy.run_path(str(TOOL))


def test_both_are_measured_for_every_setting(tool, tmp_path, capsys):
    out = tmp_path / 'step.json'
    args = ['--batch-sizes', '2', '3', '--precisions', 'fp32', 'bf16', '--rounds', '1']
    assert tool['main']([*TINY, *args, '--steps', '1', '--json', str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith('cpcl-tiny, 96 x 48, cpu')
    record = json.loads(out.read_text())
    assert [(r['precision'], r['batch_size']) for r in record['results']] == [
        *(('fp32', 2), ('fp32', 3)),
        *(('bf16', 2), ('bf16', 3)),
    ]
    for line, result in zip(lines[2:6], record['results'], strict=True):
        assert line.split()[0] == result['precision']
        assert result['ratio'] == pytest.approx(result['ours'] / result['bare'])
        assert (result['step'] is None) == (result['precision'] == 'bf16')


def test_what_does_not_fit_is_left_out(tool, monkeypatch, capsys):
    def run_out(*args):
        raise torch.OutOfMemoryError

    monkeypatch.setitem(tool['measure_all'].__globals__, 'measure', run_out)
    assert tool['main']([*TINY, '--batch-sizes', '4']) == 0
    assert 'out of memory' in capsys.readouterr().out


def test_help_teaches_by_example(tool, capsys):
    with pytest.raises(SystemExit, match='0'):
        tool['main'](['--help'])
    assert 'clip_step.py --precisions fp32 bf16' in capsys.readouterr().out
