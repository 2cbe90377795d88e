"""Pseudo labels on disk: one file for each clustering, and a history of their quality."""

import json
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from cpcl_mm.utils.whole_file import whole_file

from .labels import MODALITIES, Labels
from .report import LabelReport

HISTORY = 'history.jsonl'
"""File of the history within a folder of pseudo labels."""


def save_labels(folder: Path, labels: Labels, report: LabelReport) -> None:
    """Write the labels of an epoch and append the report to the history.

    The labels go to ``epoch_012.npz``: ``image`` and ``text`` int64 (N,), -1 for outliers, and as
    far as they are known ``image_mined`` bool and ``image_confidence`` float32 (N,), likewise of
    text. Whoever reads the folder meanwhile, or after a crash, finds both files whole.
    """
    path = _labels_file(folder, report.epoch)
    with whole_file(path) as unfinished, unfinished.open('wb') as file:
        np.savez_compressed(file, **_to_arrays(labels))  # type: ignore[arg-type]
    path = folder / HISTORY
    earlier = path.read_text(encoding='utf-8') if path.exists() else ''
    # Numbers of numpy are none to JSON.
    entry = json.dumps({'epoch': report.epoch} | report.scalars(), default=float)
    # Not appended: half a line would spoil the one that a resumed run writes.
    with whole_file(path) as unfinished:
        unfinished.write_text(f'{earlier}{entry}\n', encoding='utf-8')


def load_labels(folder: Path, epoch: int | None = None) -> Labels:
    """Read the labels that an epoch was trained with, by default the latest.

    Raises:
        FileNotFoundError: If there are no labels, or none of this epoch.
        ValueError: If the file does not hold labels.
    """
    epochs = recorded_epochs(folder)
    if not epochs:
        raise FileNotFoundError(
            f'{folder} holds no pseudo labels (epoch_*.npz): they are written when a training '
            'clusters, so name the work directory of such a run.'
        )
    if epoch is not None and epoch not in epochs:
        raise FileNotFoundError(
            f'{folder} holds no pseudo labels of epoch {epoch}: there are those of epochs '
            f'{", ".join(map(str, epochs))}.'
        )
    return _read_labels(_labels_file(folder, epochs[-1] if epoch is None else epoch))


def recorded_epochs(folder: Path) -> list[int]:
    """List the epochs whose labels are in a folder, ascending; none if it does not exist."""
    names = (path.stem.removeprefix('epoch_') for path in folder.glob('epoch_*.npz'))
    return sorted(int(name) for name in names if name.isdecimal())


def load_history(folder: Path) -> list[LabelReport]:
    """Read the reports of all epochs that brought labels, in their order.

    Of an epoch that a resumed training repeated, the later report counts.

    Raises:
        FileNotFoundError: If there is no history.
        ValueError: If a line of it cannot be read.
    """
    path = folder / HISTORY
    if not path.is_file():
        raise FileNotFoundError(
            f'{path} does not exist: it is written when a training clusters, so name the work '
            'directory of such a run.'
        )
    lines = path.read_text(encoding='utf-8').splitlines()
    entries = [_read_entry(path, number, line) for number, line in enumerate(lines, 1) if line]
    latest = {report.epoch: report for report in entries}
    return [latest[epoch] for epoch in sorted(latest)]


def _labels_file(folder: Path, epoch: int) -> Path:
    return folder / f'epoch_{epoch:03d}.npz'


def _to_arrays(labels: Labels) -> dict[str, np.ndarray]:
    mined = {f'{modality}_mined': values for modality, values in labels.mined.items()}
    trust = {f'{modality}_confidence': values for modality, values in labels.confidence.items()}
    return {**labels.of, **mined, **trust}


def _read_labels(path: Path) -> Labels:
    """Read a file of labels, whose parts must fit each other."""
    try:
        with np.load(path) as file:
            arrays = dict(file)
        of = {
            modality: arrays[modality] for modality in MODALITIES if len(arrays.get(modality, ()))
        }
        if not of:
            raise ValueError('it has neither image nor text')
        extras = {
            kind: {m: arrays[f'{m}_{kind}'] for m in of if f'{m}_{kind}' in arrays}
            for kind in ('mined', 'confidence')
        }
        return Labels(of, **extras)
    except (BadZipFile, EOFError, KeyError, ValueError) as error:
        raise ValueError(f'{path} does not hold pseudo labels ({error}): remove it.') from error


def _read_entry(path: Path, number: int, line: str) -> LabelReport:
    """Read a line of the history, an object with the key ``epoch``."""
    try:
        entry = json.loads(line)
        return LabelReport.from_scalars(entry.pop('epoch'), entry)
    except (AttributeError, KeyError, TypeError, json.JSONDecodeError):
        raise ValueError(
            f'{path}, line {number}: expected a JSON object with "epoch" and the numbers of a '
            f'report, got {line[:60]!r}. Remove the line.'
        ) from None
