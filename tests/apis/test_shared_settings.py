"""A folder and a weights file are set once, wherever a config has them."""

import pytest
from mmengine.config import Config

from cpcl_mm.apis.shared_settings import set_everywhere


@pytest.fixture
def cfg():
    return Config(
        dict(
            data_root='old',
            pretrained='old',
            train_dataloader=dict(
                dataset=dict(type='ConcatDataset', datasets=[dict(data_root='old')] * 2)
            ),
            val_dataloader=None,
            test_dataloader=dict(dataset=dict(data_root='old')),
            model=dict(image_backbone=dict(pretrained='old'), text_backbone=dict(pretrained='old')),
        ),
        filename=__file__,
    )


def test_the_data_root_reaches_every_loader_also_through_wrappers(cfg):
    set_everywhere(cfg, 'data_root', 'new')
    wrapped = cfg.train_dataloader.dataset.datasets
    assert [part.data_root for part in wrapped] == ['new', 'new']
    assert cfg.test_dataloader.dataset.data_root == cfg.data_root == 'new'
    assert cfg.val_dataloader is None
    assert cfg.pretrained == 'old'


def test_the_weights_reach_every_tower(cfg):
    set_everywhere(cfg, 'pretrained', 'new.pt')
    towers = (cfg.model.image_backbone, cfg.model.text_backbone)
    assert [tower.pretrained for tower in towers] == ['new.pt', 'new.pt']
    assert cfg.pretrained == 'new.pt'
    assert cfg.data_root == 'old'


def test_a_config_without_such_a_place_is_named():
    cfg = Config(dict(model=dict(type='A'), train_dataloader=None), filename=__file__)
    with pytest.raises(ValueError, match='--weights a.pt: .*settings.py has no pretrained'):
        set_everywhere(cfg, 'pretrained', 'a.pt')
    with pytest.raises(ValueError, match='--data-root new: .*has no data_root within train_datal'):
        set_everywhere(cfg, 'data_root', 'new')
