from pathlib import Path

import pytest

from cpcl_mm.apis import config_from_args, load_run_config, parse_run_args, run_parser

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
