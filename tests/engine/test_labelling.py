from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop

from cpcl_mm.engine.labelling import (
    LABELS_FOLDER,
    check_labelling,
    find_labels,
    publish_labels,
    restore_labels,
)
from cpcl_mm.pseudo_labels import LabelReport, Labels, ModalityReport, load_history, load_labels


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


IMAGE = ModalityReport(2.0, 1.0, 0.25, outliers_before=3.0, purity=0.5)
NO_TEXT = ModalityReport(0.0, 4.0, 1.0, outliers_before=4.0)


@pytest.fixture
def publish(tmp_path):
    """A function that publishes labels with a report, and returns the runner and the report."""

    def publish(**modalities):
        runner = SimpleNamespace(work_dir=tmp_path, logger=Mock(), visualizer=Mock())
        report = LabelReport(5, modalities, {'extract': 1.5})
        publish_labels(runner, Labels({'image': np.array([0, 1])}), report)
        return runner, report

    return publish


def test_the_log_has_a_line(publish):
    runner, _ = publish(image=IMAGE, text=NO_TEXT)
    runner.logger.info.assert_called_once_with(
        'Pseudo labels before epoch 5: image 2 clusters, outliers 3 -> 1, purity 0.500; '
        'text 0 clusters, outliers 4 -> 4; 1.5 s'
    )


def test_images_alone_are_no_reason_for_a_warning(publish):
    runner, _ = publish(image=IMAGE)
    runner.logger.warning.assert_not_called()


def test_a_modality_without_clusters_is_a_warning_with_advice(publish):
    runner, _ = publish(image=IMAGE, text=NO_TEXT)
    runner.logger.warning.assert_called_once()
    (message,) = runner.logger.warning.call_args[0]
    assert 'No text cluster at all: all text samples are outliers in epoch 5' in message
    assert 'Raise eps' in message


def test_scalars_and_labels_are_kept(publish, tmp_path):
    runner, report = publish(image=IMAGE)
    scalars = {f'pseudo_labels/{key}': value for key, value in report.scalars().items()}
    runner.visualizer.add_scalars.assert_called_once_with(scalars, step=5)
    assert load_labels(tmp_path / LABELS_FOLDER, 5).of['image'].tolist() == [0, 1]
    assert load_history(tmp_path / LABELS_FOLDER) == [report]
