"""Configs of mmpretrain's own kind with the CLIP image tower, and mmpretrain's own tool."""

import json
import subprocess
import sys
from pathlib import Path

import mmpretrain
import pytest
from mmengine.config import Config
from mmengine.runner import Runner
from PIL import Image

from cpcl_mm.models import CLIPImageTower

CONFIGS = Path(__file__).parents[2] / 'configs' / 'mix'
TRAIN_TOOL = Path(mmpretrain.__file__).parent / '.mim' / 'tools' / 'train.py'
COLORS = ((200, 30, 30), (30, 160, 40), (30, 50, 200))
# Of the config's settings only sizes and places change.
TOWER = "dict(architecture='cpcl-tiny', image_size=(96, 48), pretrained=None)"
LOADING = 'batch_size=4, num_workers=1, persistent_workers=False'
PIPELINE = """
pipeline = [
    dict(type='LoadImageFromFile'), dict(type='Resize', scale=(48, 96)), dict(type='PackInputs')
]
"""
CLASSIFIER = """
_base_ = {base!r}
{pipeline}
model = dict(backbone={tower}, head=dict(num_classes=3, in_channels=128))
data_preprocessor = dict(num_classes=3)
data = dict(_delete_=True, type='CustomDataset', data_root={root!r}, pipeline=pipeline)
train_dataloader = dict({loading}, dataset=dict(data, data_prefix='train'))
val_dataloader = dict({loading}, dataset=dict(data, data_prefix='val'))
test_dataloader = dict({loading}, dataset=dict(data, data_prefix='val'))
val_evaluator = dict(type='Accuracy', topk=(1,))
test_evaluator = val_evaluator
train_cfg = dict(max_epochs=2)
default_hooks = dict(visualization=dict(enable=True, interval=1))
"""
RETRIEVER = """
_base_ = {base!r}
{pipeline}
data = dict(data_root={root!r}, pipeline=pipeline)
train_dataloader = dict({loading}, dataset=data)
val_dataloader = dict({loading}, dataset=data)
test_dataloader = dict({loading}, dataset=data)
model = dict(
    image_encoder=[dict(_base_.model.image_encoder[0], **{tower})],
    head=dict(num_classes=3, in_channels=128),
    prototype=dict({loading}, dataset=data),
)
data_preprocessor = dict(num_classes=3)
train_cfg = dict(max_epochs=2)
"""
RESNET = """
model = dict(image_backbone=dict(depth=18), image_neck=dict(in_channels=512))
train_cfg['max_epochs'] = train_cfg['val_interval'] = 2
"""


def draw(path, color, shade):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new('RGB', (24, 48), tuple(max(channel - shade, 0) for channel in color)).save(path)


@pytest.fixture
def classifier_config(tmp_path):
    """The classifier's config on three classes of one color each, in folders."""
    for label, color in enumerate(COLORS):
        for number in range(4):
            split = 'val' if number == 3 else 'train'
            draw(tmp_path / 'data' / split / str(label) / f'{number}.png', color, 5 * number)
    return write(tmp_path, CLASSIFIER, 'clip_classifier_imagenet.py')


@pytest.fixture
def retriever_config(tmp_path):
    """The retriever's config on In-shop's layout: three items to learn, three others to find."""
    lines = []
    for item, color in enumerate((*COLORS, *(tuple(255 - c for c in x) for x in COLORS))):
        for number in range(4):
            status = 'train' if item < 3 else ('query' if number == 0 else 'gallery')
            lines.append(f'img/{item}_{number}.png id_{item} {status}')
            draw(tmp_path / 'data' / 'Img' / 'img' / f'{item}_{number}.png', color, 5 * number)
    (tmp_path / 'data' / 'Eval').mkdir()
    text = '\n'.join([str(len(lines)), 'image_name item_id evaluation_status', *lines])
    (tmp_path / 'data' / 'Eval' / 'list_eval_partition.txt').write_text(text)
    return write(tmp_path, RETRIEVER, 'clip_retriever_inshop.py')


def write(tmp_path, template, base):
    places = dict(base=str(CONFIGS / base), root=str(tmp_path / 'data'))
    text = template.format(**places, tower=TOWER, loading=LOADING, pipeline=PIPELINE)
    (tmp_path / 'config.py').write_text(text)
    return tmp_path / 'config.py'


def run(config, work_dir):
    cfg = Config.fromfile(config)
    cfg.work_dir = str(work_dir)
    runner = Runner.from_cfg(cfg)
    runner.train()
    return runner, runner.test()


def test_the_classifier_trains_validates_tests_and_draws(classifier_config, tmp_path):
    runner, scores = run(classifier_config, tmp_path / 'run')
    assert isinstance(runner.model.backbone, CLIPImageTower)
    assert runner.model.head.fc.weight.shape == (3, 128)
    assert 0 <= scores['accuracy/top1'] <= 100
    assert len(list((tmp_path / 'run').rglob('vis_image/*.png'))) >= 3


def test_the_retriever_trains_validates_and_tests(retriever_config, tmp_path):
    runner, scores = run(retriever_config, tmp_path / 'run')
    assert isinstance(runner.model.image_encoder[0], CLIPImageTower)
    assert runner.model.prototype_vecs.shape == (9, 128)
    assert {'retrieval/R@1', 'retrieval/mAP', 'retrieval/mINP'} <= scores.keys()
    assert list((tmp_path / 'run').glob('best_retrieval_mAP_epoch_*.pth'))


@pytest.fixture
def towers_config(tmp_path, write_small_config):
    """CPCL with a ResNet beside the text tower."""
    return write_small_config(tmp_path / 'config.py', 'mix/cpcl_resnet50_synthetic.py', RESNET)


@pytest.mark.parametrize(
    ('kind', 'score'), [('classifier', 'accuracy/top1'), ('towers', 't2i/mAP')]
)
def test_mmpretrains_own_tool_runs_the_config(kind, score, tmp_path, request):
    """It never imports this package: ``custom_imports`` or the config's default scope does."""
    config = request.getfixturevalue(f'{kind}_config')
    command = [sys.executable, '-W', 'ignore', str(TRAIN_TOOL), str(config)]
    command += ['--work-dir', str(tmp_path / 'run')]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    scalars = next((tmp_path / 'run').glob('*/vis_data/scalars.json')).read_text()
    assert score in json.loads(scalars.splitlines()[-1])
