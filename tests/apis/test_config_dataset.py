import pytest
from mmengine.config import Config

from cpcl_mm.apis.config_dataset import build_split, configured_splits
from cpcl_mm.registry import DATASETS

CONFIG = """
val_dataloader = None
test_dataloader = dict(dataset=dict(
    type='ImageCaptionDataset', data_root={root!r}, ann_file='data_captions.json', split='test'))
"""


@pytest.fixture
def cfg(pedes_root, tmp_path):
    """A config with a small data set to test on, and no default scope."""
    (tmp_path / 'small.py').write_text(CONFIG.format(root=str(pedes_root)))
    return Config.fromfile(tmp_path / 'small.py')


def test_the_splits_that_there_are(cfg):
    assert configured_splits(cfg) == ['test']


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
