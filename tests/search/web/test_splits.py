import copy

import pytest
from mmengine.config import Config
from starlette.exceptions import HTTPException

from cpcl_mm.search.web import Splits


def test_a_data_set_is_built_once(dataset_config):
    splits = Splits(dataset_config)
    assert splits.names == ['train', 'test']
    assert len(splits.get('train').images) == 12
    assert splits.get('train') is splits.get('train')


def test_a_split_that_is_not_there(dataset_config):
    with pytest.raises(HTTPException, match="404: There is no split 'val'"):
        Splits(dataset_config).get('val')


def test_a_data_set_that_cannot_be_read(dataset_config, tmp_path):
    cfg = copy.deepcopy(dataset_config)
    cfg.test_dataloader.dataset.data_root = str(tmp_path / 'nowhere')
    with pytest.raises(HTTPException, match='500: The data set cannot be read: .*nowhere'):
        Splits(cfg).get('test')


def test_a_config_without_data(tmp_path):
    (tmp_path / 'empty.py').write_text('')
    with pytest.raises(ValueError, match=r'empty\.py has no data loader'):
        Splits(Config.fromfile(tmp_path / 'empty.py'))
