import json
import pickle

import pytest
import torch
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config

BASE = 'itc/clip_itc_synthetic.py'


@pytest.fixture(scope='module')
def trained(tmp_path_factory, write_small_config):
    """A config, its best checkpoint, and the test scores at the end of training."""
    folder = tmp_path_factory.mktemp('trained')
    config, work_dir = write_small_config(folder / 'small.py', BASE), folder / 'run'
    Runner.from_cfg(load_run_config(config, str(work_dir))).train()
    scores = json.loads((work_dir / 'test_scores.json').read_text())
    return config, next(work_dir.glob('best_*.pth')), scores


def test_the_scores_equal_those_at_the_end_of_training(tmp_path, trained, run_tool):
    config, checkpoint, final = trained
    out, show = tmp_path / 'scores.json', tmp_path / 'pictures'
    to = ('--work-dir', tmp_path / 'test', '--out', out, '--show-dir', show)
    run_tool('test.py', config, checkpoint, *to)
    scores = json.loads(out.read_text())
    assert 't2i/R@1' in scores
    assert scores == final
    assert (show / 'ranked_results.png').exists()


def test_features_can_be_written(tmp_path, trained, run_tool):
    config, checkpoint, _ = trained
    out = tmp_path / 'features.pkl'
    run_tool('test.py', config, checkpoint, '--work-dir', tmp_path / 'test', '--out', out)
    samples = pickle.loads(out.read_bytes())
    assert samples[0]['feature'].shape == (128,)


def test_mistakes_on_the_command_line(small_config, run_tool, capsys):
    with pytest.raises(SystemExit, match="no checkpoint file 'nowhere.pth'"):
        run_tool('test.py', small_config(), 'nowhere.pth')
    with pytest.raises(SystemExit):
        run_tool('test.py', small_config(), 'nowhere.pth', '--out', 'scores.csv')
    assert 'the suffix must be .json (scores) or .pkl (features)' in capsys.readouterr().err


def test_a_checkpoint_of_another_model_gives_no_scores(tmp_path, small_config, run_tool):
    other, out = tmp_path / 'other.pth', tmp_path / 'scores.json'
    torch.save({'state_dict': {'backbone.conv1.weight': torch.zeros(3)}, 'meta': {}}, other)
    with pytest.raises(SystemExit, match=f'nothing of {other} fits the model'):
        run_tool('test.py', small_config(), other, '--work-dir', tmp_path, '--out', out)
    assert not out.exists()


@pytest.mark.parametrize('given', [(), ('epoch_1.pth', '--weights', 'openai')])
def test_either_a_checkpoint_or_pretrained_weights_are_tested(
    small_config, run_tool, capsys, given
):
    with pytest.raises(SystemExit):
        run_tool('test.py', small_config(), *given)
    assert 'give either a checkpoint, ' in capsys.readouterr().err


def test_a_checkpoint_may_stand_behind_flags(small_config, run_tool):
    with pytest.raises(SystemExit, match="no checkpoint file 'nowhere.pth'"):
        run_tool('test.py', small_config(), '--show-dir', 'pictures', 'nowhere.pth')
