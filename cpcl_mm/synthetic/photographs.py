"""Draws and describes the images of many people, in one or several processes."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .attributes import Identity, sample_identities
from .captions import Witness, write_caption
from .drawing import draw_person
from .nuisance import open_scene, sample_shot, take_picture
from .settings import SPLITS, SyntheticSettings
from .visibility import visible

FEW_IMAGES = 64
PATIENCE = 120.0

Record = dict[str, Any]
"""An image of the annotation file: ``id``, ``img_path``, ``captions``, ``split``."""


@dataclass(frozen=True)
class Sitting:
    """A person of whom images are to be made.

    Attributes:
        split: Name of the split.
        index: Number within the split; seeds the images, so that they do not depend on other
            splits.
        number: Number through all splits: the ``id`` in the annotation file.
        identity: Who it is.
    """

    split: str
    index: int
    number: int
    identity: Identity


def sittings(settings: SyntheticSettings) -> list[Sitting]:
    """Every person of every split, in the order of the annotation file."""
    found: list[Sitting] = []
    for split, people in sample_identities(settings).items():
        for index, identity in enumerate(people):
            found.append(Sitting(split, index, len(found), identity))
    return found


def photograph_all(
    settings: SyntheticSettings, folder: Path, workers: int | None
) -> Iterator[list[Record]]:
    """Write all images, person by person.

    Args:
        settings: What to draw.
        folder: Where to write ``<split>/<id>_<image>.jpg``; the splits' folders must exist.
        workers: Processes that draw; None for one per core (one for a few images).

    Yields:
        The records of one person's images, in the order of the annotation file.

    Raises:
        RuntimeError: A worker process was killed.
    """
    people = sittings(settings)
    work = partial(photograph, folder=folder, settings=settings)
    workers = workers or _default_workers(len(people) * settings.images_per_identity)
    if workers == 1:
        yield from map(work, people)
        return
    # Forked workers start at once; it is safe as they only draw, which takes no other thread.
    method = 'fork' if sys.platform == 'linux' else 'spawn'
    context = multiprocessing.get_context(method)
    with context.Pool(workers, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        results = pool.imap(work, people)
        for _ in people:
            yield _next_result(results)


def _default_workers(images: int) -> int:
    return 1 if images <= FEW_IMAGES else min(os.cpu_count() or 1, 16)


def _next_result(results: Any) -> list[Record]:
    """Give the pool's next result; a worker that was killed would else be waited for in vain."""
    try:
        records: list[Record] = results.next(timeout=PATIENCE)
    except multiprocessing.TimeoutError as error:
        raise RuntimeError(
            f'No image of SyntheticPedes was drawn for {PATIENCE:.0f} s: a worker process was '
            'killed (out of memory?). Nothing was kept; start again with fewer workers.'
        ) from error
    return records


def photograph(sitting: Sitting, folder: Path, settings: SyntheticSettings) -> list[Record]:
    """Draws, writes and describes all images of one person."""
    return [
        _make_image(sitting, image, folder, settings)
        for image in range(settings.images_per_identity)
    ]


def _make_image(sitting: Sitting, image: int, folder: Path, settings: SyntheticSettings) -> Record:
    """One image and its captions; random only in seed, split, person and image number."""
    split = SPLITS.index(sitting.split)
    rng = np.random.default_rng([settings.seed, split, sitting.index, image])
    shot = sample_shot(settings, rng)
    canvas = open_scene(settings, shot)
    draw_person(canvas, sitting.identity, shot.pose)
    name = f'{sitting.split}/{sitting.number:04d}_{image}.jpg'
    picture = take_picture(canvas, settings, shot)
    picture.save(folder / name, quality=settings.jpeg_quality, subsampling=0)
    shown = visible(sitting.identity, shot.pose.view, shot.hides_shoes)
    witness = Witness(settings.omission, settings.wrong_color)
    captions = [
        write_caption(sitting.identity, shown, witness, rng)
        for _ in range(settings.captions_per_image)
    ]
    return {'id': sitting.number, 'img_path': name, 'captions': captions, 'split': sitting.split}
