import pytest
from mmengine.config import Config

from cpcl_mm.utils.distributed import prepare_distributed


def test_nothing_happens_without_a_launcher():
    cfg = Config()
    prepare_distributed(cfg, 'none')
    assert 'model_wrapper_cfg' not in cfg


def test_torchrun_is_asked_for_where_its_environment_is_missing(monkeypatch):
    monkeypatch.delenv('RANK', raising=False)
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    with pytest.raises(RuntimeError, match='dist_train.sh'):
        prepare_distributed(Config(), 'pytorch')


def test_mmengine_starts_by_itself_where_there_are_gpus(monkeypatch):
    monkeypatch.setattr('torch.cuda.is_available', lambda: True)
    cfg = Config()
    prepare_distributed(cfg, 'pytorch')
    assert 'model_wrapper_cfg' not in cfg
