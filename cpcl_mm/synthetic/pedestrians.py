"""SyntheticPedes: people on streets, each of them photographed and described several times."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np

from .attributes import Identity, sample_identities, visible
from .captions import write_caption
from .drawing import draw_person
from .generation import Record, ensure
from .scene import Shot, open_scene, sample_shot, take_picture
from .settings import SPLITS, SyntheticSettings


@dataclass(frozen=True)
class Sitting:
    """A person of whom images are to be made."""

    split: str
    index: int  # within the split; seeds the images, so that they do not depend on other splits
    number: int  # through all splits: the id in the annotation file
    identity: Identity


class Photograph(NamedTuple):
    """An image, not yet drawn: how it is taken, what it shows of the person, what is said of it."""

    shot: Shot
    shown: frozenset[str]
    captions: list[str]


@dataclass(frozen=True)
class Pedestrians:
    """Draws SyntheticPedes."""

    name: ClassVar[str] = 'SyntheticPedes'
    settings: SyntheticSettings

    def pieces(self) -> list[Sitting]:
        """Give every person of every split, in the order of the annotation file."""
        found: list[Sitting] = []
        for split, people in sample_identities(self.settings).items():
            for index, identity in enumerate(people):
                found.append(Sitting(split, index, len(found), identity))
        return found

    def photographs(self, sitting: Sitting) -> list[Photograph]:
        """Describe all images of a person; random only in seed, split, person and image number."""
        settings, identity, found = self.settings, sitting.identity, []
        for image in range(settings.images_per_identity):
            seed = [settings.seed, SPLITS.index(sitting.split), sitting.index, image]
            rng = np.random.default_rng(seed)
            shot = sample_shot(settings, rng)
            shown = visible(identity, shot.pose.view, shot.hides_shoes)
            captions = [
                write_caption(identity, shown, settings, rng)
                for _ in range(settings.captions_per_image)
            ]
            found.append(Photograph(shot, shown, captions))
        return found

    def draw(self, piece: Sitting, folder: Path) -> list[Record]:
        """Write all images of a person as ``<split>/<id>_<image>.jpg`` and describe them."""
        records = []
        for image, (shot, _, captions) in enumerate(self.photographs(piece)):
            name = f'{piece.split}/{piece.number:04d}_{image}.jpg'
            canvas = open_scene(self.settings, shot)
            draw_person(canvas, piece.identity, shot.pose)
            picture = take_picture(canvas, self.settings, shot)
            picture.save(folder / name, quality=self.settings.jpeg_quality, subsampling=0)
            records.append(
                dict(id=piece.number, img_path=name, captions=captions, split=piece.split)
            )
        return records


def ensure_synthetic_pedes(
    root: Path | str, settings: SyntheticSettings, workers: int | None = None
) -> Path:
    """Make SyntheticPedes at ``root`` unless it is there; see :func:`.generation.ensure`."""
    return ensure(Pedestrians(settings), root, workers)
