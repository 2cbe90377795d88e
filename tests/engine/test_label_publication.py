import json
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest

from cpcl_mm.engine.label_report import report_labels
from cpcl_mm.pseudo_labels import PseudoLabels, RefinedLabels

QUALITY = {
    'image/clusters': 2.0,
    'image/outliers_before': 3.0,
    'image/outliers': 1.0,
    'image/purity': 0.5,
    'image/mined_right_share': 0.25,
    'seconds/extract': 1.0,
    'seconds/refine': 0.5,
}
TEXT = {'text/clusters': 0.0, 'text/outliers_before': 4.0, 'text/outliers': 4.0}


@pytest.fixture
def report(tmp_path):
    """A function that reports a quality and returns the runner that it was reported to."""

    def call(quality):
        runner = SimpleNamespace(epoch=4, work_dir=tmp_path, logger=Mock(), visualizer=Mock())
        nothing = np.empty(0, dtype=np.int64)
        labels = PseudoLabels(np.array([0, 1]), nothing)
        report_labels(runner, RefinedLabels(labels, np.zeros(2, bool), nothing > 0), quality)
        return runner

    return call


def test_one_line_says_it_all(report):
    runner = report(QUALITY | TEXT)
    runner.logger.info.assert_called_once_with(
        'Pseudo labels before epoch 5: image 2 clusters, outliers 3 -> 1, purity 0.500, mined '
        'right 0.250; text 0 clusters, outliers 4 -> 4; 1.5 s'
    )


def test_images_alone_have_a_line_without_captions_and_no_warning(report):
    runner = report(QUALITY)
    assert 'text' not in runner.logger.info.call_args[0][0]
    runner.logger.warning.assert_not_called()


def test_a_modality_without_clusters_is_a_warning_with_advice(report):
    runner = report(QUALITY | TEXT)
    runner.logger.warning.assert_called_once()
    assert 'No text cluster at all' in runner.logger.warning.call_args[0][0]


def test_scalars_and_labels_are_kept(report, tmp_path):
    runner = report(QUALITY)
    scalars = {f'pseudo_labels/{key}': value for key, value in QUALITY.items()}
    runner.visualizer.add_scalars.assert_called_once_with(scalars, step=5)
    assert (tmp_path / 'pseudo_labels' / 'epoch_005.npz').exists()
    history = (tmp_path / 'pseudo_labels' / 'history.jsonl').read_text()
    assert json.loads(history)['image/clusters'] == 2
