import re
import runpy
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

TOOLS = Path(__file__).parents[2] / 'tools'
TOOL = 'analyze_efficiency.py'


def test_counts_and_measures(run_tool, small_config):
    config = small_config('cpcl_synthetic.py')
    first, *lines = run_tool(
        *(TOOL, config, '--device', 'cpu', '--steps', 1, '--batch-size', 3),
        *('--cfg-options', 'model.text_backbone.frozen_stages=0'),
    ).splitlines()
    assert first.startswith(f'{config}: cpu, ')
    assert first.endswith('batch of 3')
    values = dict(re.split('  +', line.strip()) for line in lines)
    assert 0 < number(values['trainable parameters']) < number(values['parameters'])
    for name in ('operations, image tower', 'operations, text tower', 'peak memory'):
        assert number(values[name]) > 0
    seconds, rate = (float(x) for x in re.findall(r'[\d.]+', values['step']))
    assert rate == pytest.approx(3 / seconds, rel=0.2)


def number(text):
    return float(text.split()[0])


class OneLayer(nn.Module):
    """Attention of a layer on itself, after a linear map."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, inputs, mode):
        x = self.linear(inputs['image'])
        return {'image': functional.scaled_dot_product_attention(x, x, x)}


def test_operations_are_multiply_adds_also_of_attention():
    count = runpy.run_path(str(TOOLS / TOOL))['count_operations']
    # Two heads, five tokens, three dimensions.
    operations = count(OneLayer(), 'image', torch.zeros(1, 2, 5, 3))
    assert operations == 2 * 5 * 3 * 3 + 2 * (2 * 5 * 5 * 3)


def test_on_a_cpu_few_pairs_are_a_step(run_tool, small_config):
    config = small_config('itc/clip_itc_synthetic.py')
    options = ('--cfg-options', 'train_dataloader.batch_size=64')
    assert 'batch of 8' in run_tool(TOOL, config, '--device', 'cpu', '--steps', 1, *options)


def test_a_number_that_is_none(exit_of_tool):
    code, _, error = exit_of_tool(TOOL, 'config.py', '--steps', 0)
    assert code == 2
    assert '--steps and --batch-size are whole numbers from 1' in error


def test_a_missing_config(run_tool):
    with pytest.raises(FileNotFoundError, match='nowhere.py'):
        run_tool(TOOL, 'nowhere.py')
