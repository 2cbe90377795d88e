import pickle

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer, MessageHub

import cpcl_mm  # noqa: F401


def test_the_log_that_mmengine_stores_beside_the_weights_loads(tmp_path):
    hub = MessageHub.get_instance('safe')
    hub.update_scalar('loss', np.float32(1.5))
    hub.update_info('best_score', np.float64(61.5))
    torch.save({'message_hub': hub.state_dict(), 'seed': np.int64(3)}, tmp_path / 'epoch_1.pth')
    loaded = torch.load(tmp_path / 'epoch_1.pth')
    assert isinstance(loaded['message_hub']['log_scalars']['loss'], HistoryBuffer)
    assert loaded['message_hub']['runtime_info']['best_score'] == 61.5


class Payload:
    def __reduce__(self):
        return (exec, ('raise SystemExit("code from a checkpoint was executed")',))


def test_anything_else_is_still_refused(tmp_path):
    torch.save({'message_hub': Payload()}, tmp_path / 'evil.pth')
    with pytest.raises(pickle.UnpicklingError, match='exec'):
        torch.load(tmp_path / 'evil.pth')


class Reach:
    def __reduce__(self):
        return (getattr, (HistoryBuffer, '__init__'))


def test_reaching_for_other_attributes_is_refused(tmp_path):
    torch.save(Reach(), tmp_path / 'reach.pth')
    with pytest.raises(pickle.UnpicklingError, match="asks for '__init__'"):
        torch.load(tmp_path / 'reach.pth')
