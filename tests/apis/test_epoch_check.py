from types import SimpleNamespace

import pytest
from torch.utils.data import DataLoader

from cpcl_mm.apis import epoch_check
from cpcl_mm.apis.epoch_check import check_epoch


def runner(samples, **loader):
    return SimpleNamespace(train_dataloader=DataLoader([0] * samples, **loader))


def test_an_epoch_of_one_batch_passes():
    check_epoch(runner(4, batch_size=4, drop_last=True))
    check_epoch(runner(1, batch_size=4))


def test_no_full_batch_is_refused_with_what_would_do(monkeypatch):
    with pytest.raises(ValueError, match='has 3 samples, .*batch_size=4, .*batch_size=3 or less'):
        check_epoch(runner(3, batch_size=4, drop_last=True))
    monkeypatch.setattr(epoch_check, 'get_world_size', lambda: 2)
    with pytest.raises(ValueError, match='in each of 2 processes.*batch_size=1 or less'):
        check_epoch(runner(3, batch_size=4, drop_last=True))
