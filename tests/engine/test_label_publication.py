from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest

from cpcl_mm.engine.label_publication import LABELS_FOLDER, publish_labels
from cpcl_mm.pseudo_labels import LabelReport, Labels, ModalityReport, load_history, load_labels

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
