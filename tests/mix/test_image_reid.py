"""Re-identification by images alone: a ResNet, the memory, the clusterer and the hook."""

import json
import runpy
from pathlib import Path

import pytest
import torch
from mmengine.dist import get_world_size
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config

run_on_ranks = runpy.run_path(str(Path(__file__).parents[1] / 'ranks.py'))['run_on_ranks']

BASE = 'mix/image_reid_resnet50_synthetic.py'
SMALL = """
model = dict(backbone=dict(depth=18))
train_cfg['max_epochs'] = 3
train_cfg['val_interval'] = 1
default_hooks = dict(checkpoint=dict(max_keep_ckpts=-1), logger=dict(interval=1))
"""
# Without batch norm and augmentation two processes can be held against one.
EXACT = """
model = dict(
    backbone=dict(
        _delete_=True,
        type='VisionTransformer',
        arch=dict(embed_dims=32, num_layers=2, num_heads=2, feedforward_channels=64),
        img_size=_base_.image_size,
    ),
    neck=None,
)
train_dataloader['batch_size'] = {batch_size}
train_dataloader['dataset'] = dict(**data, pipeline=_base_.test_pipeline)
train_cfg['max_epochs'] = 2
train_cfg['val_interval'] = 1
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.05, weight_decay=0, _delete_=True))
default_hooks = dict(logger=dict(interval=1))
"""


def train(config, work_dir, launcher='none', **options):
    runner = Runner.from_cfg(load_run_config(config, str(work_dir), options, launcher))
    runner.train()
    return runner


def checkpoint(work_dir, epoch):
    return torch.load(Path(work_dir) / f'epoch_{epoch}.pth', map_location='cpu')


def scalars(work_dir, key):
    lines = next(Path(work_dir).glob('*/vis_data/scalars.json')).read_text().splitlines()
    return [entry[key] for entry in map(json.loads, lines) if key in entry]


@pytest.fixture(scope='module')
def run(tmp_path_factory, write_small_config):
    """The runner of three epochs, and its folder."""
    folder = tmp_path_factory.mktemp('reid')
    return train(write_small_config(folder / 'small.py', BASE, SMALL), folder / 'run'), folder


def test_every_image_gets_a_label_and_no_caption_is_read(run):
    runner, _ = run
    head = runner.model.head
    assert {modality: len(x) for modality, x in head.labels.items()} == {'image': 12}
    clusters = head.labels['image'].max() + 1
    assert head.memories['image'].prototypes.shape == (clusters, 512)
    assert set(runner.train_dataloader.dataset[0]['data_samples'].all_keys()) == {
        'image_index',
        'identity',
        'img_path',
    }


def test_the_sampler_and_the_log_have_the_labels_of_images(run):
    runner, folder = run
    assert len(runner.train_dataloader.sampler.labels) == 12
    log = next((folder / 'run').glob('*/*.log')).read_text()
    assert 'Pseudo labels before epoch 3: image ' in log
    assert 'text' not in log.split('Pseudo labels before epoch 3')[1].splitlines()[0]
    assert scalars(folder / 'run', 'pseudo_labels/image/purity')
    # Of the sheet of queries, which there are none of.
    assert 'ranked queries' not in log


def test_the_contrast_alone_trains_the_backbone(run):
    folder = run[1] / 'run'
    assert min(scalars(folder, 'loss_contrast')) > 0
    first, last = (checkpoint(folder, epoch)['state_dict'] for epoch in (1, 3))
    weights = [key for key in first if key.startswith('backbone.') and key.endswith('.weight')]
    assert [key for key in weights if torch.equal(first[key], last[key])] == []


def test_validation_chooses_and_the_test_scores_are_written(run):
    folder = run[1] / 'run'
    assert list(folder.glob('best_reid_mAP_epoch_*.pth'))
    scores = json.loads((folder / 'test_scores.json').read_text())
    assert {'reid/R@1', 'reid/mAP', 'reid/mINP'} <= scores.keys()


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(run, small_config, tmp_path):
    whole = run[1] / 'run'
    options = dict(resume=True, load_from=str(whole / 'epoch_2.pth'))
    train(small_config(BASE, SMALL), tmp_path, **options)
    one, other = (checkpoint(folder, 3)['state_dict'] for folder in (whole, tmp_path))
    assert one.keys() == other.keys()
    assert [key for key in one if not torch.equal(one[key], other[key])] == []


def train_on_ranks(folder):
    """Train by the config of this number of processes."""
    processes = get_world_size()
    launcher = 'pytorch' if processes > 1 else 'none'
    train(str(folder / f'{processes}.py'), folder / f'{processes}', launcher)


def test_two_processes_give_the_result_of_one(write_small_config, tmp_path):
    for processes in (1, 2):
        extra = EXACT.format(batch_size=8 // processes)
        write_small_config(tmp_path / f'{processes}.py', BASE, extra)
    run_on_ranks(__file__, 'train_on_ranks', tmp_path, (1, 2))
    saved = [checkpoint(tmp_path / processes, 2) for processes in '12']
    first, second = (one['pseudo_labels']['labels']['image'] for one in saved)
    assert first.max() >= 0
    assert torch.equal(first, second)
    one, two = (one['state_dict'] for one in saved)
    assert one.keys() == two.keys()
    assert [key for key in one if not torch.allclose(one[key], two[key], atol=1e-5)] == []
    scores = [json.loads((tmp_path / n / 'test_scores.json').read_text()) for n in '12']
    assert scores[1] == pytest.approx(scores[0])
