"""The benchmark trains an epoch of drawn people, at a size that takes no time."""

import torch

TOOL = 'benchmarks/train_epoch.py'
SMALL = ('--people', 12, '--batch-size', 8, '--workers', 1, '--warm-up', 1, '--steps', 1)


def cells(line):
    return [cell.strip() for cell in line.strip('|').split('|')]


def test_labelling_and_both_rates_are_measured_for_every_setting(run_tool, monkeypatch):
    compiled = []
    monkeypatch.setattr(torch.nn.Module, 'compile', lambda module: compiled.append(module))
    options = ('configs/cpcl_synthetic.py', *SMALL, '--compile', 'no', 'yes')
    first, _, head, _, *rows = run_tool(TOOL, *options).splitlines()
    assert first.startswith('configs/cpcl_synthetic.py, cpu, ')
    assert first.endswith('batches of 8, 1 workers')
    rows = [dict(zip(cells(head), cells(row), strict=True)) for row in rows]
    assert [(row['precision'], row['compile']) for row in rows] == [('fp32', 'no'), ('fp32', 'yes')]
    assert [type(tower).__name__ for tower in compiled] == ['CLIPImageTower', 'CLIPTextTower']
    for row in rows:
        assert 0 < float(row['labelling s']) < float(row['epoch s'])
        rates = [int(row[name].replace(',', '')) for name in ('end to end', 'bare')]
        assert min(rates) > 0
        assert abs(float(row['ratio']) - rates[0] / rates[1]) < 0.1


def test_bf16_without_a_gpu_is_refused(exit_of_tool):
    code, _, err = exit_of_tool(TOOL, *SMALL, '--precisions', 'bf16')
    assert code == 2
    assert '--precisions bf16 needs a GPU' in err
