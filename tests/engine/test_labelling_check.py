from unittest.mock import Mock

import numpy as np
import pytest
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop

from cpcl_mm.engine.labelling_check import check_labelling


def runner(loop=EpochBasedTrainLoop):
    return Mock(train_loop=object.__new__(loop), max_epochs=4)


def test_a_run_that_labels_in_time_is_left_alone():
    running = runner()
    check_labelling(running, 3, {'image', 'text'}, [])
    running.logger.warning.assert_not_called()


def test_features_of_an_unknown_modality_are_refused():
    with pytest.raises(ValueError, match=r"needs features of \['images'\]"):
        check_labelling(runner(), 0, {'images'}, [])


def test_a_loop_without_epochs_is_refused():
    with pytest.raises(TypeError, match='IterBasedTrainLoop has none: use .*EpochBased'):
        check_labelling(runner(IterBasedTrainLoop), 0, {'image'}, [])


def test_labels_that_come_too_late_are_a_warning():
    running = runner()
    check_labelling(running, 4, {'image'}, [])
    assert 'first come after 4 epochs, and the run has 4' in running.logger.warning.call_args[0][0]


def test_features_without_transforms_are_refused_before_the_first_epoch():
    running = runner()
    running.cfg = {}
    with pytest.raises(ValueError, match='no test_dataloader: give PseudoLabelHook its pipeline'):
        check_labelling(running, 0, {'image'}, None)
    check_labelling(running, 0, set(), None)


def test_identities_that_are_needed_and_not_there_are_refused_at_once():
    running = runner()
    running.train_dataloader.dataset.identity_labels = np.array([-1, -1])
    check_labelling(running, 0, set(), [])
    with pytest.raises(ValueError, match='learns from true identities, .* has none: add them to'):
        check_labelling(running, 0, set(), [], needs_identities=True)
    running.train_dataloader.dataset.identity_labels = np.array([0, -1])
    check_labelling(running, 0, set(), [], needs_identities=True)
