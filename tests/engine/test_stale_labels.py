import pytest

from cpcl_mm.engine.stale_labels import discard_stale_labels

WEIGHTS = ['image_backbone.conv.weight', 'head.losses.instance.loss.log_temperature', 'head.bias']
STALE = [
    *('head.image_labels', 'head.text_labels', 'head.image_memory.prototypes'),
    *('head.text_memory.prototypes', 'head.hybrid_memory.prototypes'),
]


def make_checkpoint(keys):
    """A checkpoint with averaged weights, as EMAHook saves it."""
    averaged = {'steps': 3} | dict.fromkeys((f'module.{key}' for key in keys), 1)
    return {'state_dict': dict.fromkeys(keys, 2), 'ema_state_dict': averaged, 'meta': {}}


@pytest.mark.parametrize('resume', [False, True])
def test_a_checkpoint_of_weights_alone_stays_as_it_is(resume):
    checkpoint = make_checkpoint(WEIGHTS)
    discard_stale_labels(checkpoint, resume)
    assert checkpoint == make_checkpoint(WEIGHTS)


def test_labels_of_another_run_are_taken_out_of_all_weights():
    checkpoint = make_checkpoint([*STALE, *WEIGHTS])
    discard_stale_labels(checkpoint, resume=False)
    assert checkpoint == make_checkpoint(WEIGHTS)


@pytest.mark.parametrize('key', STALE)
def test_a_run_cannot_go_on_with_them(key):
    checkpoint = {'state_dict': dict.fromkeys([*WEIGHTS, key])}
    with pytest.raises(ValueError, match='cannot be resumed: .* load_from=FILE and resume=False'):
        discard_stale_labels(checkpoint, resume=True)
