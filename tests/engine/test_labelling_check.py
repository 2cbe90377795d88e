from unittest.mock import Mock

import pytest
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop

from cpcl_mm.engine.labelling_check import check_labelling


def runner(loop=EpochBasedTrainLoop):
    return Mock(train_loop=object.__new__(loop), max_epochs=4)


def test_a_run_that_labels_in_time_is_left_alone():
    running = runner()
    check_labelling(running, 3, {'image', 'text'})
    running.logger.warning.assert_not_called()


def test_features_of_an_unknown_modality_are_refused():
    with pytest.raises(ValueError, match=r"needs features of \['images'\]"):
        check_labelling(runner(), 0, {'images'})


def test_a_loop_without_epochs_is_refused():
    with pytest.raises(TypeError, match='IterBasedTrainLoop has none: use .*EpochBased'):
        check_labelling(runner(IterBasedTrainLoop), 0, {'image'})


def test_labels_that_come_too_late_are_a_warning():
    running = runner()
    check_labelling(running, 4, {'image'})
    assert 'first come after 4 epochs, and the run has 4' in running.logger.warning.call_args[0][0]
