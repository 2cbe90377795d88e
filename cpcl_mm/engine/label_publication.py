"""What a run says about its pseudo labels: a line in the log, scalars, and the labels on disk."""

from pathlib import Path

from mmengine.runner import Runner

from cpcl_mm.pseudo_labels import LabelReport, Labels, save_labels

LABELS_FOLDER = 'pseudo_labels'
"""Folder of the labels in a work directory."""


def publish_labels(runner: Runner, labels: Labels, report: LabelReport) -> None:
    """Log a line, write scalars, and keep the labels for pictures.

    Args:
        runner (Runner): The runner of the training process.
        labels (Labels): The labels.
        report (LabelReport): What is known about them.
    """
    runner.logger.info(f'Pseudo labels before epoch {report.epoch}: {report}')
    for modality, one in report.modalities.items():
        if one.clusters == 0:
            runner.logger.warning(
                f'No {modality} cluster at all: all {modality} samples are outliers in epoch '
                f'{report.epoch}. Raise eps, lower min_samples or k1 of the clusterer, or train '
                'longer before the first clustering (start).'
            )
    scalars = {f'pseudo_labels/{key}': value for key, value in report.scalars().items()}
    runner.visualizer.add_scalars(scalars, step=report.epoch)
    save_labels(Path(runner.work_dir, LABELS_FOLDER), labels, report)
