"""Pseudo labels on disk: one file for each clustering, and a history of their quality."""

import json
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from .labels import PseudoLabels, RefinedLabels

HISTORY = 'history.jsonl'
"""File of the history within a folder of pseudo labels."""


def save_pseudo_labels(
    folder: Path, epoch: int, refined: RefinedLabels, quality: Mapping[str, float]
) -> None:
    """Write the labels of a clustering and append their quality to the history.

    The labels go to ``epoch_012.npz``: ``image`` (Nv,) and ``text`` (Nt,) int64, -1 for outliers;
    ``mined_images`` (Nv,) and ``mined_texts`` (Nt,) bool. Whoever reads the folder meanwhile finds
    the file whole or not at all.

    Args:
        folder: Where to write; made if it is not there.
        epoch: Number of the epoch that is trained with the labels, from 1.
        refined: The labels.
        quality: What the history shall say about them, such as ``image/purity``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = _labels_file(folder, epoch)
    unfinished = path.with_suffix('.tmp')
    with unfinished.open('wb') as file:
        np.savez_compressed(
            file,
            image=refined.labels.image,
            text=refined.labels.text,
            mined_images=refined.mined_images,
            mined_texts=refined.mined_texts,
        )
    unfinished.replace(path)
    line = {'epoch': epoch} | {key: float(value) for key, value in quality.items()}
    with (folder / HISTORY).open('a', encoding='utf-8') as file:
        file.write(json.dumps(line) + '\n')


def load_pseudo_labels(folder: Path, epoch: int | None = None) -> RefinedLabels:
    """Read the labels of a clustering.

    Args:
        folder: Where :func:`save_pseudo_labels` wrote.
        epoch: The epoch that was trained with the labels; None takes the latest.

    Returns:
        The labels.

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


def load_history(folder: Path) -> list[dict[str, float]]:
    """Read what was recorded about each clustering.

    Args:
        folder: Where :func:`save_pseudo_labels` wrote.

    Returns:
        An entry for each epoch, by ``epoch``. Of an epoch that a resumed training repeated, the
        later entry counts.

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
    latest = {entry['epoch']: entry for entry in entries}
    return [latest[epoch] for epoch in sorted(latest)]


def _labels_file(folder: Path, epoch: int) -> Path:
    return folder / f'epoch_{epoch:03d}.npz'


def _read_labels(path: Path) -> RefinedLabels:
    """Read a file of labels, whose parts must fit each other."""
    try:
        with np.load(path) as arrays:
            image, text = arrays['image'], arrays['text']
            mined_images, mined_texts = arrays['mined_images'], arrays['mined_texts']
    except (BadZipFile, EOFError, KeyError, ValueError) as error:
        raise ValueError(f'{path} does not hold pseudo labels ({error}): remove it.') from error
    if (mined_images.shape, mined_texts.shape) != (image.shape, text.shape):
        raise ValueError(
            f'{path}: image labels {image.shape} and mined_images {mined_images.shape}, text '
            f'labels {text.shape} and mined_texts {mined_texts.shape} do not fit: remove it.'
        )
    return RefinedLabels(PseudoLabels(image, text), mined_images, mined_texts)


def _read_entry(path: Path, number: int, line: str) -> dict[str, float]:
    """Read a line of the history, an object with the key ``epoch``."""
    try:
        entry = json.loads(line)
    except json.JSONDecodeError:
        entry = None
    if not isinstance(entry, dict) or 'epoch' not in entry:
        raise ValueError(
            f'{path}, line {number}: expected a JSON object with "epoch", got {line[:60]!r}. '
            'Remove the line.'
        )
    return entry
