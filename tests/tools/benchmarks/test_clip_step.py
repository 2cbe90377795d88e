import pytest
import torch

TOOL = 'benchmarks/clip_step.py'
TINY = ('--architecture', 'cpcl-tiny', '--image-size', 96, 48, '--device', 'cpu')


def cells(line):
    return [cell.strip() for cell in line.strip('|').split('|')]


def test_both_are_measured_for_every_setting(run_tool):
    sizes = ('--batch-sizes', 2, 3, '--precisions', 'fp32', 'bf16', '--rounds', 1, '--steps', 1)
    first, _, head, _, *rows = run_tool(TOOL, *TINY, *sizes).splitlines()
    assert first.startswith('cpcl-tiny, cpu, ')
    rows = [dict(zip(cells(head), cells(row), strict=True)) for row in rows]
    assert [(row['precision'], row['batch']) for row in rows] == [
        *(('fp32', '2'), ('fp32', '3'), ('bf16', '2'), ('bf16', '3'))
    ]
    for row in rows:
        bare, ours = (float(row[name].replace(',', '')) for name in ('open_clip', 'CPCL'))
        assert float(row['ratio']) == pytest.approx(ours / bare, rel=0.05)
        assert (row['step'] == '-') == (row['precision'] == 'bf16')
        assert float(row['GiB']) > 0


def test_what_does_not_fit_is_said(run_tool, monkeypatch):
    def run_out(*args):
        raise torch.OutOfMemoryError

    monkeypatch.setattr('cpcl_mm.apis.measuring.seconds_per_call', run_out)
    printed = run_tool(TOOL, *TINY, '--batch-sizes', 4)
    assert printed.splitlines()[-1] == '| fp32 | 4 | out of memory | - | - | - | - |'
