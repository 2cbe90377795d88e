import subprocess
import sys

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from cpcl_mm import registry
from cpcl_mm.registry import DATASETS, METRICS, MODELS, TRANSFORMS


@pytest.mark.parametrize(
    ('node', 'name', 'package'),
    [
        (MODELS, 'TextToImageRetriever', 'cpcl_mm'),
        (MODELS, 'VisionTransformer', 'mmpretrain'),
        (MODELS, 'Conv2d', 'torch'),
        (DATASETS, 'ImageCaptionDataset', 'cpcl_mm'),
        (DATASETS, 'CUB', 'mmpretrain'),
        (DATASETS, 'ConcatDataset', 'mmengine'),
        (TRANSFORMS, 'RandomErasing', 'mmpretrain'),
        (TRANSFORMS, 'RandomFlip', 'mmcv'),
        (METRICS, 'Accuracy', 'mmpretrain'),
    ],
)
def test_plain_names_of_all_packages_resolve_from_a_cpcl_config(node, name, package):
    assert node.get(name).__module__.startswith(package)


def test_every_node_has_the_scope_of_the_package():
    nodes = [node for node in vars(registry).values() if type(node).__name__ == 'Registry']
    ours = [node for node in nodes if node is not registry.ROOT_FUNCTIONS]
    assert {node.scope for node in ours} == {'cpcl_mm'}


MMPRETRAIN_CONFIG = """
default_scope = 'mmpretrain'
custom_imports = dict(imports=['cpcl_mm'], allow_failed_imports=False)
model = dict(
    type='ImageClassifier',
    backbone=dict(type='cpcl_mm.CLIPImageTower', architecture='cpcl-tiny'),
    head=dict(type='LinearClsHead', num_classes=5, in_channels=128),
)
"""
BUILD = """
import sys, torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS
cfg = Config.fromfile(sys.argv[1])
init_default_scope(cfg.default_scope)
model = MODELS.build(cfg.model)
print(tuple(model.head(model.extract_feat(torch.rand(2, 3, 96, 48))).shape))
"""


def test_our_names_resolve_from_an_mmpretrain_config_that_imports_nothing_else(tmp_path):
    (tmp_path / 'config.py').write_text(MMPRETRAIN_CONFIG)
    command = [sys.executable, '-W', 'ignore', '-c', BUILD, str(tmp_path / 'config.py')]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ['(2, 5)'], done.stderr


def test_a_runner_config_may_name_the_default_scope():
    cfg = Config(dict(default_scope='cpcl_mm'))
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        assert MODELS.build(dict(type='ITCLoss')).label_smoothing == 0
