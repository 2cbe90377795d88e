import os
import pickle
import time

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.runner import CheckpointLoader

import cpcl_mm  # noqa: F401
from cpcl_mm.utils.plain_data import to_plain
from cpcl_mm.utils.safe_checkpoints import load_checkpoint_file


@pytest.fixture
def hub():
    hub = MessageHub('safe')
    for loss in (1.5, 2.5):
        hub.update_scalar('loss', np.float32(loss))
    hub.update_info('best_score', np.float64(61.5))
    return hub


@pytest.fixture
def checkpoint(hub):
    """What mmengine writes, with everything in it that is no plain data."""
    return {
        'meta': {
            'epoch': 1,
            'iter': 3,
            'seed': np.int64(3),
            'order': np.arange(6, dtype='>i2'),
            'no': np.zeros(0),
        },
        'state_dict': {'weight': torch.ones(2)},
        'message_hub': hub.state_dict(),
    }


def load(path):
    """As mmengine's Runner loads."""
    return CheckpointLoader.load_checkpoint(str(path), map_location='cpu')


@pytest.mark.parametrize('form', [lambda x: x, to_plain])
def test_a_runner_gets_back_the_log_that_mmengine_stores(tmp_path, checkpoint, form):
    torch.save(form(checkpoint), tmp_path / 'epoch_1.pth')
    loaded = load(tmp_path / 'epoch_1.pth')
    other = MessageHub('other')
    other.load_state_dict(loaded['message_hub'])
    log = other.get_scalar('loss')
    assert isinstance(log, HistoryBuffer)
    assert (log.mean(), log.current(), log.max_length) == (2.0, 2.5, 1000000)
    assert log.data[0].dtype == np.float64
    assert other.get_info('best_score') == 61.5
    assert loaded['meta']['seed'] == 3
    assert loaded['meta']['no'].shape == (0,)
    assert loaded['meta']['order'].tolist() == [0, 1, 2, 3, 4, 5]


def test_torch_alone_reads_the_plain_form(tmp_path, checkpoint):
    torch.save(checkpoint, tmp_path / 'old.pth')
    with pytest.raises(pickle.UnpicklingError):
        torch.load(tmp_path / 'old.pth', weights_only=True)
    torch.save(load_checkpoint_file(tmp_path / 'old.pth'), tmp_path / 'new.pth')
    log = torch.load(tmp_path / 'new.pth', weights_only=True)['message_hub']['log_scalars']['loss']
    assert log['log_history'].tolist() == [1.5, 2.5]


class Call:
    """Is pickled as a call of a function."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def test_what_the_process_allows_torch_does_not_count_and_is_left_as_it_is(tmp_path):
    torch.save({'evil': Call(time.time)}, tmp_path / 'evil.pth')
    with torch.serialization.safe_globals([time.time]):
        before = set(torch.serialization.get_safe_globals())
        with pytest.raises(ValueError, match='asks for time.time'):
            load_checkpoint_file(tmp_path / 'evil.pth')
        assert set(torch.serialization.get_safe_globals()) == before


@pytest.mark.parametrize('content', [[1], {3: 4}, {'state_dict': {3: 4}}])
def test_a_file_without_names_is_refused(tmp_path, content):
    torch.save(content, tmp_path / 'a.pth')
    with pytest.raises(ValueError, match='a.pth cannot be read as a checkpoint'):
        load_checkpoint_file(tmp_path / 'a.pth')


def test_what_a_runner_would_execute_or_remove_is_not_handed_to_it(tmp_path, checkpoint):
    checkpoint['meta']['config'] = 'raise SystemExit'
    checkpoint['message_hub']['runtime_info'] |= {
        'cfg': 'raise SystemExit',
        'best_ckpt': '/elsewhere/thesis',
        'best_ckpt_t2i/mAP': '/moved/run/best_t2i_mAP_epoch_3.pth',
        'best_score_t2i/mAP': 7.5,
        'best_ckpt_t2i/R1': 'gone/best_t2i_R1_epoch_2.pth',
        'best_score_t2i/R1': 3.5,
        'keep_ckpt_ids': ['/../../thesis'],
        'epoch': 1,
    }
    torch.save(checkpoint, tmp_path / 'epoch_1.pth')
    (tmp_path / 'thesis').touch()
    (tmp_path / 'best_t2i_mAP_epoch_3.pth').touch()
    loaded = load(tmp_path / 'epoch_1.pth')
    assert 'config' not in loaded['meta']
    # The folder of a run may have moved since. Where the best one is gone, so is its score: others
    # would be measured by it, and none be kept.
    assert loaded['message_hub']['runtime_info'] == {
        'best_ckpt_t2i/mAP': str(tmp_path / 'best_t2i_mAP_epoch_3.pth'),
        'best_score_t2i/mAP': 7.5,
        'epoch': 1,
    }


@pytest.mark.parametrize(
    ('change', 'says'),
    [
        (dict(meta={'epoch': 'x'}), r"meta\['epoch'\] = 'x' is no whole number"),
        (dict(message_hub=3), "'int' object"),
        (dict(message_hub={'log_scalars': {}}), 'runtime_info'),
        (dict(message_hub={'log_scalars': {'loss': 3}, 'runtime_info': {}}), 'no history of a log'),
    ],
)
def test_a_checkpoint_that_no_runner_could_use_is_named(tmp_path, checkpoint, change, says):
    torch.save({**checkpoint, **change}, tmp_path / 'epoch_1.pth')
    with pytest.raises(ValueError, match=rf'epoch_1.pth is no checkpoint that can .*{says}'):
        load(tmp_path / 'epoch_1.pth')


@pytest.mark.parametrize('address', ['http://host/{}', 'torchvision://{}'])
def test_a_checkpoint_of_an_address_is_data_too(tmp_path, monkeypatch, address):
    # The cache of torch.hub, so that nothing is fetched; torch.hub itself runs what is in it.
    monkeypatch.setattr('torch.hub.get_dir', lambda: str(tmp_path))
    monkeypatch.setattr(
        'mmengine.runner.checkpoint.get_torchvision_models',
        lambda: {'evil.pth': 'http://host/evil.pth', 'good.pth': 'http://host/good.pth'},
    )
    (tmp_path / 'checkpoints').mkdir()
    torch.save({'a': Call(exec, 'raise SystemExit')}, tmp_path / 'checkpoints' / 'evil.pth')
    torch.save({'a': np.float32(1.5)}, tmp_path / 'checkpoints' / 'good.pth')
    with pytest.raises(ValueError, match=r'evil.pth cannot be read .*asks for exec'):
        load(address.format('evil.pth'))
    assert load(address.format('good.pth')) == {'a': 1.5}
    assert 'TORCH_FORCE_WEIGHTS_ONLY_LOAD' not in os.environ
