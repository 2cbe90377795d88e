import json
import pickle
import shutil

import pytest
import torch
from mmengine.runner import Runner
from PIL import Image

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


@pytest.fixture
def lopsided(pedes_root, tmp_path):
    """A copy of the tests' data set whose images are no mirror images of themselves."""
    folder = shutil.copytree(pedes_root, tmp_path / 'lopsided')
    for path in (folder / 'imgs').iterdir():
        image = Image.open(path)
        image.paste('white', (0, 0, 8, image.height))
        image.save(path)
    return folder


def test_each_image_is_encoded_mirrored_too(tmp_path, trained, lopsided, run_tool):
    config, checkpoint, _ = trained
    features = []
    for number, flags in enumerate([(), ('--tta', '--amp')]):
        out = tmp_path / f'{number}.pkl'
        to = ('--work-dir', tmp_path / 'test', '--out', out, '--out-item', 'pred')
        run_tool('test.py', config, checkpoint, '--data-root', lopsided, *to, *flags)
        samples = pickle.loads(out.read_bytes())
        features.append({kind: rows(samples, kind) for kind in ('image', 'text')})
    once, twice = features
    assert torch.allclose(once['text'], twice['text'], atol=1e-6)
    # The features of an image and of its mirror image are near each other, and their mean between.
    near = (once['image'] * twice['image']).sum(1)
    assert 0.5 < near.min() < 0.9999
    assert torch.allclose(twice['image'].norm(dim=1), torch.ones(len(near)))


def rows(samples, modality):
    return torch.stack([each['feature'] for each in samples if each['modality'] == modality])


def test_scores_can_be_pickled_too(tmp_path, trained, run_tool):
    config, checkpoint, final = trained
    out = tmp_path / 'scores.pkl'
    to = ('--work-dir', tmp_path / 'test', '--out', out, '--out-item', 'metrics')
    run_tool('test.py', config, checkpoint, *to)
    assert pickle.loads(out.read_bytes()) == final


def test_mistakes_on_the_command_line(small_config, run_tool, capsys):
    with pytest.raises(SystemExit, match="no checkpoint file 'nowhere.pth'"):
        run_tool('test.py', small_config(), 'nowhere.pth')
    with pytest.raises(SystemExit):
        run_tool('test.py', small_config(), 'nowhere.pth', '--out', 'scores.csv')
    assert 'the suffix must be .json (scores) or .pkl (features)' in capsys.readouterr().err
    for out in ((), ('--out', 'a.json')):
        with pytest.raises(SystemExit):
            run_tool('test.py', small_config(), 'nowhere.pth', *out, '--out-item', 'pred')
    assert 'features are written as .pkl' in capsys.readouterr().err


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
