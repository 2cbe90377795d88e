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


BOTH = """
train_dataloader.update(dataset=dict(data, noisy_pairs=dict(share=0.5, seed=3)))
default_hooks = dict(
    checkpoint=dict(save_best=['t2i/mAP', 'test/t2i/mAP']),
    validate_on_test=dict(type='ValidateOnTestHook'),
)
"""


@pytest.fixture(scope='module')
def trained_for_both(tmp_path_factory, write_small_config):
    """A run on noisy pairs that validates on val and on test: its config, folder and scores."""
    folder = tmp_path_factory.mktemp('both')
    config, work_dir = write_small_config(folder / 'small.py', BASE, BOTH), folder / 'run'
    Runner.from_cfg(load_run_config(config, str(work_dir))).train()
    return config, work_dir, json.loads((work_dir / 'test_scores.json').read_text())


@pytest.mark.parametrize(('file', 'prefix'), [('best_t2i', ''), ('best_test', 'best on test/')])
def test_scores_say_what_chose_the_checkpoint_and_how_noisy_training_was(
    tmp_path, trained_for_both, run_tool, file, prefix
):
    config, work_dir, final = trained_for_both
    checkpoint, out = next(work_dir.glob(f'{file}_*.pth')), tmp_path / 'scores.json'
    run_tool('test.py', config, checkpoint, '--work-dir', tmp_path, '--out', out)
    scores = json.loads(out.read_text())
    assert 0.3 < scores['train/noisy_pairs'] <= 0.5
    assert prefix + 't2i/R@1' in scores
    assert scores == {name: final[name] for name in scores}


@pytest.fixture
def second_set(make_pedes, tmp_path):
    """A config of another small data set of the tests, of more people."""
    root = make_pedes(tmp_path / 'second', {'train': 1, 'val': 1, 'test': 7})
    data = dict(type='ImageCaptionDataset', data_root=str(root), ann_file='data_captions.json')
    (tmp_path / 'second.py').write_text(f'test_dataloader = dict(dataset={data})')
    return tmp_path / 'second.py'


def test_one_table_over_several_data_sets(tmp_path, trained, second_set, run_tool):
    config, checkpoint, final = trained
    out = tmp_path / 'table.json'
    to = ('--work-dir', tmp_path / 'test', '--out', out)
    printed = run_tool(
        'test.py', config, checkpoint, *to, '--on', 'ImageCaptionDataset', second_set
    )
    written = json.loads(out.read_text())
    assert [*written['scores']] == ['ImageCaptionDataset', str(second_set)]
    assert written['scores']['ImageCaptionDataset'] == final
    second = written['scores'][str(second_set)]
    assert second != final
    names = ('R@1', 'R@5', 'R@10', 'mAP', 'mINP')
    row = ' | '.join([str(second_set), *(f'{second[f"t2i/{name}"]:.2f}' for name in names)])
    assert '| data set | R@1 | R@5 | R@10 | mAP | mINP |\n' in printed
    assert f'| {row} |\n' in printed
    assert len([*tmp_path.glob('test/*/ranked_results.png')]) == 2


def test_a_data_set_that_is_missing_ends_it_before_the_first_test(tmp_path, trained, run_tool):
    config, checkpoint, _ = trained
    on = ('--work-dir', tmp_path / 'test', '--on', 'ImageCaptionDataset')
    with pytest.raises(SystemExit, match='no annotation file in'):
        run_tool('test.py', config, checkpoint, *on, f'RSTPReid={tmp_path}')
    assert not (tmp_path / 'test').exists()
    with pytest.raises(SystemExit, match=r"no data set 'RSTPreid'; did you mean RSTPReid"):
        run_tool('test.py', config, checkpoint, *on, 'RSTPreid')
    with pytest.raises(SystemExit, match='is named twice'):
        run_tool('test.py', config, checkpoint, *on, 'ImageCaptionDataset')
