from unittest.mock import Mock

import pytest
import torch

from cpcl_mm.engine.label_restoration import find_labels, restore_labels

CPU = torch.device('cpu')
WEIGHTS = ['image_backbone.conv.weight', 'head.losses.instance.loss.log_temperature', 'head.bias']
STALE = [
    *('head.image_labels', 'head.text_labels', 'head.image_memory.prototypes'),
    *('head.text_memory.prototypes', 'head.hybrid_memory.prototypes'),
]


def make_checkpoint(keys):
    """A checkpoint with averaged weights, as EMAHook saves it."""
    averaged = {'steps': 3} | dict.fromkeys((f'module.{key}' for key in keys), 1)
    return {'state_dict': dict.fromkeys(keys, 2), 'ema_state_dict': averaged, 'meta': {}}


def test_labels_are_found_beside_the_weights():
    checkpoint = make_checkpoint(WEIGHTS) | {'pseudo_labels': {'labels': 1}}
    assert find_labels(checkpoint) == {'labels': 1}


@pytest.mark.parametrize('checkpoint', [make_checkpoint(WEIGHTS), dict.fromkeys(WEIGHTS)])
def test_weights_alone_stay_as_they_are(checkpoint):
    before = dict(checkpoint)
    assert find_labels(checkpoint) == {}
    assert checkpoint == before


def test_labels_of_an_old_checkpoint_are_taken_out_of_all_weights():
    checkpoint = make_checkpoint([*STALE, *WEIGHTS])
    assert find_labels(checkpoint) is None
    assert checkpoint == make_checkpoint(WEIGHTS)


@pytest.mark.parametrize('key', STALE)
def test_an_old_checkpoint_cannot_be_resumed(key):
    found = find_labels({'state_dict': dict.fromkeys([*WEIGHTS, key])})
    with pytest.raises(ValueError, match='cannot be resumed: .* load_from=FILE and resume=False'):
        restore_labels(Mock(epoch=3), Mock(), found, CPU)


@pytest.mark.parametrize('state', [None, {}, {'labels': {}}])
def test_a_run_that_begins_takes_nothing(state):
    head = Mock()
    restore_labels(Mock(epoch=0), head, state, CPU)
    head.load_epoch_state.assert_not_called()
