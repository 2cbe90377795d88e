"""Image towers of mmpretrain beside CLIP's text tower: four families, one line of neck each."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config
from cpcl_mm.registry import MODELS

CONFIGS = Path(__file__).parents[2] / 'configs' / 'mix'
# What makes a family's tower small: settings of the tower, and the channels it then has.
SMALL = {
    'resnet50': (dict(depth=18), 512),
    'swin': (dict(arch=dict(embed_dims=16, depths=[1] * 4, num_heads=[1, 2, 2, 4])), 128),
    'vit': (
        dict(arch=dict(embed_dims=32, num_layers=2, num_heads=2, feedforward_channels=64)),
        32,
    ),
    'convnext': (dict(arch=dict(depths=[1] * 4, channels=[8, 16, 32, 64])), 64),
}
TRAIN_ONLY = dict.fromkeys(
    f'{part}_{what}' for part in ('val', 'test') for what in ('cfg', 'dataloader', 'evaluator')
)


def shrink(cfg, family):
    settings, channels = SMALL[family]
    cfg.model.image_backbone.update(settings)
    cfg.model.image_neck.in_channels = channels
    # There is no test data set whose transforms the hook could take.
    cfg.default_hooks.pseudo_labels.update(start=0, pipeline=cfg.test_pipeline)
    cfg.default_hooks.checkpoint.pop('save_best')


@pytest.mark.parametrize('family', SMALL)
def test_a_small_tower_of_the_family_trains_and_clusters(family, small_config, tmp_path):
    options = {'train_cfg.max_epochs': 1, **TRAIN_ONLY}
    cfg = load_run_config(
        small_config(f'mix/cpcl_{family}_synthetic.py'), str(tmp_path / 'run'), options
    )
    shrink(cfg, family)
    runner = Runner.from_cfg(cfg)
    before = [parameter.clone() for parameter in runner.model.image_backbone.parameters()]
    runner.train()
    after = runner.model.image_backbone.parameters()
    unchanged = [torch.equal(*pair) for pair in zip(before, after, strict=True)]
    assert not any(unchanged)
    head = runner.model.head
    assert {modality: len(x) for modality, x in head.labels.items()} == {'image': 12, 'text': 24}
    assert head.memories['image'].prototypes.shape[1] == 128


@pytest.mark.parametrize('family', SMALL)
def test_the_whole_tower_gives_features_of_the_text_towers_size(family):
    cfg = Config.fromfile(CONFIGS / f'cpcl_{family}_synthetic.py')
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model).eval()
    with torch.no_grad():
        features = model({'image': torch.rand(1, 3, *cfg.image_size)})['image']
    assert features.shape == (1, model.text_backbone.embed_dims)
