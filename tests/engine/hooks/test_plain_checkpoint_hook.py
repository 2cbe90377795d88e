import numpy as np
import torch
from mmengine.logging import MessageHub

from cpcl_mm.registry import HOOKS


def test_torch_alone_reads_what_is_written(tmp_path):
    hub = MessageHub('plain')
    hub.update_scalar('loss', 1.5)
    hub.update_info('best_score', np.float64(61.5))
    weights = torch.nn.BatchNorm1d(2).state_dict()
    checkpoint = {'state_dict': weights, 'message_hub': hub.state_dict()}
    HOOKS.build(dict(type='PlainCheckpointHook')).before_save_checkpoint(None, checkpoint)
    torch.save(checkpoint, tmp_path / 'epoch_1.pth')
    loaded = torch.load(tmp_path / 'epoch_1.pth', weights_only=True)
    assert loaded['message_hub']['runtime_info'] == {'best_score': 61.5}
    log = loaded['message_hub']['log_scalars']['loss']
    assert log['log_history'].tolist() == [1.5]
    # torch looks up there which version of a module wrote its weights.
    assert loaded['state_dict']._metadata == weights._metadata
    # The Runner goes on with its own.
    assert hub.get_scalar('loss').current() == 1.5
