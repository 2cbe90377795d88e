import os
from pathlib import Path

import pytest
from mmengine.config import Config

from cpcl_mm.apis import config_from_args, load_run_config, parse_run_args, run_parser
from cpcl_mm.apis.run_config import build_split
from cpcl_mm.registry import DATASETS

CONFIG = "default_scope = 'cpcl_mm'\nmodel = dict(type='ITCLoss', temperature=0.1)\n"


@pytest.fixture
def config(tmp_path):
    (tmp_path / 'mine.py').write_text(CONFIG)
    return str(tmp_path / 'mine.py')


def test_the_work_directory_is_named_after_the_config(config):
    assert load_run_config(config).work_dir == str(Path('work_dirs', 'mine'))
    assert load_run_config(config, work_dir='elsewhere').work_dir == 'elsewhere'


def test_options_replace_settings(config):
    cfg = load_run_config(config, cfg_options={'model.temperature': 0.5})
    assert cfg.model.temperature == 0.5


def test_options_are_checked_too(config):
    with pytest.raises(ValueError, match='did you mean ITCLoss'):
        load_run_config(config, cfg_options={'model.type': 'ICTLoss'})


PLACES = """
data_root = 'data/mine'
train_dataloader = dict(dataset=dict(type='ImageCaptionDataset', data_root=data_root))
model = dict(text_backbone=dict(type='CLIPTextTower', pretrained='openai'))
"""


@pytest.mark.parametrize(
    'flags',
    [
        ('--data-root', '/data', '--weights', 'a.pt'),
        ('--cfg-options', 'data_root=/data', 'pretrained=a.pt'),
        ('--data-root', '/data', '--weights', 'a.pt', '--cfg-options', 'data_root=other'),
    ],
)
def test_a_folder_and_a_weights_file_are_set_by_flag_or_by_option(tmp_path, monkeypatch, flags):
    (tmp_path / 'places.py').write_text(PLACES)
    monkeypatch.setattr('sys.argv', ['tool.py', str(tmp_path / 'places.py'), *flags])
    cfg = config_from_args(parse_run_args(run_parser('', '')))
    assert cfg.data_root == cfg.train_dataloader.dataset.data_root == '/data'
    assert cfg.model.text_backbone.pretrained == 'a.pt'


def test_a_flag_without_a_place_in_the_config(config):
    with pytest.raises(ValueError, match='--data-root /data: .*mine.py has no data_root'):
        load_run_config(config, data_root='/data')


def test_a_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match=r'nowhere.py.*configs/'):
        load_run_config('nowhere.py')


def test_more_processes_than_gpus_are_refused_before_anything_is_read(monkeypatch):
    monkeypatch.setattr('torch.cuda.is_available', lambda: True)
    monkeypatch.setattr('torch.cuda.device_count', lambda: 1)
    monkeypatch.setenv('LOCAL_RANK', '1')
    with pytest.raises(RuntimeError, match='process 1 .* has no GPU, there are 1'):
        load_run_config('no_such_file.py', launcher='pytorch')


def test_a_deterministic_run_tells_cublas(config, monkeypatch):
    monkeypatch.setattr(os, 'environ', os.environ.copy())
    os.environ.pop('CUBLAS_WORKSPACE_CONFIG', None)
    load_run_config(config)
    assert 'CUBLAS_WORKSPACE_CONFIG' not in os.environ
    load_run_config(config, cfg_options={'randomness.deterministic': True})
    assert os.environ['CUBLAS_WORKSPACE_CONFIG'] == ':4096:8'


@pytest.mark.parametrize('gpu', [False, True])
def test_batches_are_pinned_where_there_is_a_gpu(config, monkeypatch, gpu):
    monkeypatch.setattr('torch.cuda.is_available', lambda: gpu)
    options = {'train_dataloader.batch_size': 4, 'val_dataloader.pin_memory': False}
    cfg = load_run_config(config, cfg_options=options)
    assert cfg.train_dataloader.get('pin_memory', False) == gpu
    assert not cfg.val_dataloader.pin_memory
    assert 'test_dataloader' not in cfg


DATASET = """
val_dataloader = None
test_dataloader = dict(dataset=dict(
    type='ImageCaptionDataset', data_root={root!r}, ann_file='data_captions.json', split='test'))
"""


@pytest.fixture
def cfg(pedes_root, tmp_path):
    """A config with a small data set to test on, and no default scope."""
    (tmp_path / 'small.py').write_text(DATASET.format(root=str(pedes_root)))
    return Config.fromfile(tmp_path / 'small.py')


def test_a_data_set_is_built_without_a_scope_of_the_config(cfg):
    assert len(build_split(cfg, 'test').images) == 6


def test_a_split_that_the_config_lacks(cfg):
    with pytest.raises(ValueError, match=r'small\.py has no val_dataloader: choose another'):
        build_split(cfg, 'val')


def test_another_kind_of_data_set(cfg):
    @DATASETS.register_module(force=True)
    class NoImages:
        """A data set without images and captions."""

    cfg.test_dataloader.dataset = dict(type='NoImages')
    with pytest.raises(ValueError, match=r'NoImages of .*small\.py is no image-caption data set'):
        build_split(cfg, 'test')
