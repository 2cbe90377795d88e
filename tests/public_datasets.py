"""Small data sets in the exact schemas of the three public ones, drawn by the tests.

Tests get :func:`write_public_dataset` as the fixture of this name (``tests/conftest.py``).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

COLORS = ('red', 'green', 'blue', 'yellow', 'purple', 'white', 'black', 'orange', 'pink', 'brown')
CAPTION = 'A person wearing a {} shirt and {} trousers , with {} shoes .'
NON_ASCII = 'A person in a café-colored shirt, carrying a “naïve” 紙袋.'
OVER_LONG = 'The person walks slowly along the street and looks around ; ' * 20 + 'done .'
CUHK_FOLDERS = ('CUHK01', 'cam_a', 'cam_b', 'CUHK03', 'Market', 'test_query', 'train_query')
CUHK_SUFFIXES = ('.png', '.bmp', '.bmp', '.png', '.jpg', '.jpg', '.jpg')
IDENTITIES = {'train': 6, 'val': 3, 'test': 3}


@dataclass(frozen=True)
class Schema:
    """How a public data set writes its annotation file.

    Attributes:
        ann_file: Name of the annotation file.
        image_key: Key of the image path.
        captions: Captions of most images.
        images: Least and greatest number of images of an identity.
        first_id: The least identity.
        splits: The splits that it has.
        has_tokens: Whether records have ``processed_tokens``.
    """

    ann_file: str
    image_key: str
    captions: int
    images: tuple[int, int]
    first_id: int = 0
    splits: tuple[str, ...] = ('train', 'val', 'test')
    has_tokens: bool = True


SCHEMAS = {
    'CUHK-PEDES': Schema('reid_raw.json', 'file_path', captions=2, images=(2, 4), first_id=1),
    'ICFG-PEDES': Schema(
        'ICFG-PEDES.json', 'file_path', captions=1, images=(2, 5), splits=('train', 'test')
    ),
    'RSTPReid': Schema(
        'data_captions.json', 'img_path', captions=2, images=(5, 5), has_tokens=False
    ),
}


def write_public_dataset(
    name: str,
    root: Path,
    identities: Mapping[str, int] = IDENTITIES,
    seed: int = 0,
    ann_file: str | None = None,
    with_ids: bool = True,
    with_tokens: bool = True,
    size: tuple[int, int] = (48, 24),
) -> Path:
    """Write a small data set in the schema of a public one, with its quirks.

    CUHK-PEDES: seven folders and three image formats, ids from 1 with gaps, two captions an image
    and three for a few, ``processed_tokens``. ICFG-PEDES: one caption an image, no val split, and
    paths whose first folder says train or test whatever the split is. RSTPReid: five images an
    identity, two captions each. The first captions of each are non-ASCII and over-long.

    Args:
        name: ``'CUHK-PEDES'``, ``'ICFG-PEDES'`` or ``'RSTPReid'``.
        root: Folder of the data set, with ``imgs/`` and the annotation file below it.
        identities: Number of people of each split; splits that the set lacks are left out.
        seed: Of the colors and of the numbers of images.
        ann_file: Name of the annotation file, if not the set's usual one.
        with_ids: Whether records have identities.
        with_tokens: Whether records have ``processed_tokens`` where the set has them.
        size: (height, width) of the images in pixels.

    Returns:
        ``root``.
    """
    schema = SCHEMAS[name]
    rng = np.random.default_rng(seed)
    records = []
    for split, identity in _people(schema, identities):
        look = rng.choice(COLORS, 3, replace=False).tolist()
        for number in range(rng.integers(*schema.images, endpoint=True)):
            path = _image_path(name, split, identity, number)
            _draw(root / 'imgs' / path, look, size, number)
            captions = _captions(schema, look, len(records))
            record = {'split': split, 'captions': captions, schema.image_key: path}
            records.append(record | _optional(schema, identity, captions, with_ids, with_tokens))
    file = root / (ann_file or schema.ann_file)
    file.write_text(json.dumps(records), encoding='utf-8')
    return root


def _people(schema: Schema, identities: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield the split and the id of each person; every fourth id is left out."""
    identity = schema.first_id
    for split in schema.splits:
        for _ in range(identities.get(split, 0)):
            yield split, identity
            identity += 2 if identity % 4 == 2 else 1


def _image_path(name: str, split: str, identity: int, number: int) -> str:
    if name == 'CUHK-PEDES':
        kind = (identity + number) % len(CUHK_FOLDERS)
        return f'{CUHK_FOLDERS[kind]}/{identity:04d}_{number}{CUHK_SUFFIXES[kind]}'
    if name == 'ICFG-PEDES':
        folder = ('test', 'train')[(identity + number) % 2]
        return f'{folder}/{identity:04d}/{identity:04d}_{number:03d}_morning.jpg'
    return f'{identity:04d}_c{number + 1}_{number:04d}.jpg'


def _captions(schema: Schema, look: Sequence[str], index: int) -> list[str]:
    """Captions of image ``index``, the odd ones at the front of the file."""
    captions = [
        CAPTION.format(*look),
        f'{look[1].title()} trousers , a {look[0]} shirt and {look[2]} shoes .',
    ][: schema.captions]
    if index < 2:
        captions[0] = (NON_ASCII, OVER_LONG)[index]
    if schema.first_id == 1 and index % 5 == 1:
        captions.append(f'Somebody dressed in {look[0]} and {look[1]} .')
    return captions


def _optional(
    schema: Schema, identity: int, captions: Sequence[str], with_ids: bool, with_tokens: bool
) -> dict[str, Any]:
    optional: dict[str, Any] = {'id': identity} if with_ids else {}
    if schema.has_tokens and with_tokens:
        optional['processed_tokens'] = [caption.lower().split() for caption in captions]
    return optional


def _draw(path: Path, look: Sequence[str], size: tuple[int, int], number: int) -> None:
    """Draw a shirt, trousers and shoes; ``number`` shifts the waist, so that images differ."""
    height, width = size
    image = Image.new('RGB', (width, height), look[0])
    image.paste(look[1], (0, height // 2 + number, width, height))
    image.paste(look[2], (0, height * 9 // 10, width, height))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
