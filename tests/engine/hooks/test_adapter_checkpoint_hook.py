import json
from pathlib import Path

import pytest
import torch
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config
from cpcl_mm.engine.hooks.adapter_checkpoint_hook import KEY

EXTRA = """
train_cfg = dict(max_epochs={epochs}, val_interval=1)
param_scheduler = []
"""


@pytest.fixture(scope='module')
def base(tmp_path_factory, small_checkpoint):
    """Weights that adapters are trained for."""
    path = tmp_path_factory.mktemp('base') / 'base.pth'
    torch.save(torch.load(small_checkpoint), path)
    return str(path)


@pytest.fixture(scope='module')
def run(tmp_path_factory, write_small_config, base):
    """A function that trains adapters; two epochs at once, or one and one by resuming."""
    folder = tmp_path_factory.mktemp('adapters')

    def train(name, epochs, resume=False):
        config = write_small_config(
            folder / f'{name}.py', 'lora/lora_synthetic.py', EXTRA.format(epochs=epochs)
        )
        cfg = load_run_config(config, str(folder / name), weights=base)
        cfg.resume = resume
        Runner.from_cfg(cfg).train()
        return config, folder / name

    return train


@pytest.fixture(scope='module')
def trained(run):
    return run('whole', 2)


def test_a_checkpoint_holds_adapters_alone(trained, base):
    checkpoint = torch.load(trained[1] / 'epoch_2.pth')
    assert checkpoint['state_dict']
    assert all('.0.' in key for key in checkpoint['state_dict'])
    assert len(checkpoint['meta'][KEY]) == 32
    # With the optimizer's state, which is twice as much.
    assert (trained[1] / 'epoch_2.pth').stat().st_size < Path(base).stat().st_size / 3


def test_a_resumed_run_ends_with_the_adapters_of_an_uninterrupted_one(trained, run):
    run('resumed', 1)
    _, work_dir = run('resumed', 2, resume=True)
    whole, resumed = (torch.load(folder / 'epoch_2.pth') for folder in (trained[1], work_dir))
    assert whole['state_dict'].keys() == resumed['state_dict'].keys()
    assert all(torch.equal(x, resumed['state_dict'][k]) for k, x in whole['state_dict'].items())
    assert whole['meta'][KEY] == resumed['meta'][KEY]


def test_a_test_reads_the_frozen_weights_again(trained, base, tmp_path):
    config, work_dir = trained
    cfg = load_run_config(config, str(tmp_path), weights=base)
    cfg.load_from = str(next(work_dir.glob('best_*.pth')))
    scores = Runner.from_cfg(cfg).test()
    expected = json.loads((work_dir / 'test_scores.json').read_text())
    assert {key: scores[key] for key in expected} == expected


def test_adapters_of_other_weights_are_refused(trained, base, tmp_path):
    other = torch.load(base)
    other['state_dict'] = {key: x + 1 for key, x in other['state_dict'].items()}
    torch.save(other, tmp_path / 'other.pth')
    cfg = load_run_config(trained[0], str(tmp_path), weights=str(tmp_path / 'other.pth'))
    cfg.load_from = str(trained[1] / 'epoch_2.pth')
    with pytest.raises(
        ValueError, match=r'epoch_2.pth holds adapters alone.*other.pth: give those'
    ):
        Runner.from_cfg(cfg).test()
