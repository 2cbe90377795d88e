from types import SimpleNamespace

import pytest
from mmengine.runner import BaseLoop
from torch import nn

from cpcl_mm.engine.hooks import CheckpointFitHook
from cpcl_mm.models import TextToImageRetriever

LOOP = BaseLoop.__new__(type('Loop', (BaseLoop,), {'run': None}))


def load(weights, resume=False, train=False, model=None, state=True):
    model = model or nn.ModuleDict(dict(tower=nn.Linear(3, 2), other=nn.Linear(2, 2)))
    runner = SimpleNamespace(
        model=model,
        _train_loop=LOOP if train else {},
        _resume=resume,
        _load_from='some.pth',
    )
    checkpoint = dict(state_dict=weights)
    if state:
        checkpoint |= dict(meta={}, optimizer={}, message_hub={})
    CheckpointFitHook().after_load_checkpoint(runner, checkpoint)


def weights(*prefixes, size=3):
    sizes = dict(tower=nn.Linear(size, 2), other=nn.Linear(2, 2))
    return nn.ModuleDict({name: sizes[name] for name in prefixes}).state_dict()


@pytest.mark.parametrize('train', [False, True])
def test_a_checkpoint_of_which_nothing_fits_is_refused(train):
    with pytest.raises(ValueError, match='nothing of some.pth fits.*conv1.*tower.weight'):
        load({'conv1': nn.Parameter()}, train=train)


def test_what_fits_passes():
    load(weights('tower', 'other'))
    load({f'module.{key}': value for key, value in weights('tower', 'other').items()})


@pytest.mark.parametrize('stage', [dict(), dict(train=True, resume=True)])
@pytest.mark.parametrize('bad', [weights('other'), weights('tower', 'other', size=4)])
def test_a_test_and_a_resumed_training_need_every_weight(stage, bad):
    with pytest.raises(ValueError, match=r'[12] of 4 weights are missing.*tower.weight'):
        load(bad, **stage)


def test_a_training_may_start_from_a_part():
    load(weights('other'), train=True)


def test_a_test_of_retrieval_needs_no_head():
    model = TextToImageRetriever.__new__(TextToImageRetriever)
    nn.Module.__init__(model)
    model.tower, model.head = nn.Linear(3, 2), nn.Linear(2, 2)
    load(weights('tower'), model=model)
    with pytest.raises(ValueError, match='head.weight'):
        load(weights('tower'), model=model, train=True, resume=True)


def test_what_holds_weights_alone_is_not_resumed():
    with pytest.raises(ValueError, match='some.pth cannot be resumed: it holds weights'):
        load(weights('tower', 'other'), train=True, resume=True, state=False)


def test_what_is_loaded_for_the_final_test_of_a_resumed_run_is_not_resumed():
    hook = CheckpointFitHook()
    model = nn.ModuleDict(dict(tower=nn.Linear(3, 2)))
    runner = SimpleNamespace(model=model, _train_loop=LOOP, _resume=True, _load_from=None)
    hook.before_train(runner)
    hook.after_load_checkpoint(runner, dict(state_dict=weights('tower')))
