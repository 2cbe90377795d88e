"""What stands around the labelling of a run: its check, resumption and report."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch
from mmengine.runner import EpochBasedTrainLoop, Runner

from cpcl_mm.models import MatchingHead
from cpcl_mm.pseudo_labels import LabelReport, Labels, save_labels
from cpcl_mm.pseudo_labels.labels import MODALITIES

from .sample_extraction import extraction_pipeline


def check_labelling(
    runner: Runner,
    start: int,
    needs: Collection[str],
    pipeline: list[dict] | None,
    needs_identities: bool = False,
) -> None:
    """Refuse what would fail, or do nothing, at the first labelling, ``start`` epochs on.

    ``needs`` holds the modalities whose features labeller and memories read. Raises TypeError if
    the loop has no epochs, ValueError without such a modality, a pipeline or needed identities.
    """
    unknown = sorted(set(needs) - set(MODALITIES))
    if unknown:
        raise ValueError(
            f'a labeller or a memory needs features of {unknown}, and there are those of '
            f'{MODALITIES}: look at needs, and at labels of the memories'
        )
    if needs_identities and (runner.train_dataloader.dataset.identity_labels < 0).all():
        raise ValueError(
            'this config learns from true identities, and the training set has none: add them to '
            'the annotation file, or choose a method without, such as configs/cpcl or configs/icpg'
        )
    if needs:
        extraction_pipeline(runner, pipeline)
    if not isinstance(runner.train_loop, EpochBasedTrainLoop):
        raise TypeError(
            f'labels are made before epochs, and {type(runner.train_loop).__name__} has none: use '
            "train_cfg=dict(type='EpochBasedTrainLoop')"
        )
    if start >= runner.max_epochs:
        runner.logger.warning(
            f'No labels will be made: the first come after {start} epochs, and the run has '
            f'{runner.max_epochs}. Lower default_hooks.pseudo_labels.start.'
        )


STATE = 'pseudo_labels'
"""Key of labels and memories in a checkpoint."""

_OLD = re.compile(r'(module\.)?head\.((image|text)_labels|(image|text|hybrid)_memory\.prototypes)')


def find_labels(checkpoint: dict[str, Any]) -> dict[str, Any] | None:
    """Find labels and memories, and discard those that earlier versions kept among the weights.

    Gives what :meth:`MatchingHead.epoch_state` gave, empty without any; None if they were among the
    weights.
    """
    parts = [checkpoint, *(checkpoint.get(key, {}) for key in ('state_dict', 'ema_state_dict'))]
    stale = [(part, key) for part in parts for key in part if _OLD.fullmatch(str(key))]
    for part, key in stale:
        del part[key]
    return None if stale else checkpoint.get(STATE, {})


def restore_labels(
    runner: Runner, head: MatchingHead, state: dict[str, Any] | None, device: torch.device
) -> None:
    """Go on with labels and memories if the run is resumed; a run that begins has none.

    ``state`` is what :func:`find_labels` found. Raises ValueError if labels or memories belong to
    another data set or head, or were among the weights.
    """
    if runner.epoch == 0 or state == {}:
        return
    if state is None:
        raise ValueError(
            'this checkpoint keeps its pseudo labels among the weights, as earlier versions did, '
            'and cannot be resumed: start from its weights by load_from=FILE and resume=False'
        )
    numbers = {modality: len(labels) for modality, labels in state['labels'].items()}
    runner.train_dataloader.dataset.check_labels(numbers)
    head.load_epoch_state(state, device)


LABELS_FOLDER = 'pseudo_labels'
"""Folder of the labels in a work directory."""


def publish_labels(runner: Runner, labels: Labels, report: LabelReport) -> None:
    """Log a line, write scalars, and keep the labels for pictures."""
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
