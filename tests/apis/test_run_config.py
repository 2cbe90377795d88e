from pathlib import Path

import pytest

from cpcl_mm.apis import load_run_config

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


def test_a_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match=r'nowhere.py.*configs/'):
        load_run_config('nowhere.py')
