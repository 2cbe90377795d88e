"""The settings file of a finished data set: what it was made from, and whether it is whole."""

import hashlib
import json
from pathlib import Path
from typing import Any

from .settings import FORMAT_VERSION, SPLITS, SyntheticSettings

ANNOTATIONS = 'data_captions.json'
SETTINGS = 'settings.json'
IMAGES = 'imgs'

WAY_OUT = 'Give another folder, or delete this one to have it made again.'


def write_manifest(root: Path, settings: SyntheticSettings) -> None:
    """Write the settings file; images and annotations must be there."""
    content = {
        'format_version': FORMAT_VERSION,
        'fingerprint': settings.fingerprint(),
        'settings': settings.as_dict(),
        'counts': {split: _counts(settings, split) for split in SPLITS},
        'annotations_sha256': _digest(root / ANNOTATIONS),
    }
    (root / SETTINGS).write_text(json.dumps(content, indent=2) + '\n', encoding='utf-8')


def check_complete(root: Path, settings: SyntheticSettings) -> None:
    """Check that ``root`` holds a whole data set made from ``settings``.

    Args:
        root: A folder.
        settings: What the data set must be made from.

    Raises:
        FileExistsError: It does not; the message says what differs and the way out.
    """
    found = _read_manifest(root)
    if found['format_version'] != FORMAT_VERSION:
        raise FileExistsError(
            f'{root} was made by format version {found["format_version"]} of SyntheticPedes; '
            f'this is version {FORMAT_VERSION}. {WAY_OUT}'
        )
    differing = [
        f'{name} is {found["settings"].get(name)} there and {value} here'
        for name, value in settings.as_dict().items()
        if found['settings'].get(name) != value
    ]
    if differing:
        raise FileExistsError(
            f'{root} was made from other settings: {"; ".join(differing)}. {WAY_OUT}'
        )
    _check_files(root, found)


def read_counts(root: Path) -> dict[str, dict[str, int]]:
    """Read how many identities, images and captions each split of a data set was made with.

    Args:
        root: Folder of the data set.

    Returns:
        Split to ``identities``, ``images`` and ``captions``.

    Raises:
        FileExistsError: ``root`` does not hold SyntheticPedes.
    """
    return dict(_read_manifest(root)['counts'])


def _read_manifest(root: Path) -> dict[str, Any]:
    try:
        found = json.loads((root / SETTINGS).read_text(encoding='utf-8'))
    except (OSError, ValueError):
        found = None
    keys = {'format_version', 'settings', 'counts', 'annotations_sha256'}
    if not isinstance(found, dict) or not keys <= found.keys():
        raise FileExistsError(
            f'{root} exists, but is not a SyntheticPedes data set (it has no readable {SETTINGS}). '
            'It was left as it is. Give another folder, or move this one away.'
        )
    return found


def _check_files(root: Path, found: dict[str, Any]) -> None:
    annotations = root / ANNOTATIONS
    if not annotations.is_file() or _digest(annotations) != found['annotations_sha256']:
        raise FileExistsError(f'{annotations} is missing or was changed. {WAY_OUT}')
    for split, counts in found['counts'].items():
        folder = root / IMAGES / split
        images = sum(1 for _ in folder.glob('*.jpg'))
        if images != counts['images']:
            raise FileExistsError(
                f'{folder} holds {images} images instead of {counts["images"]}. {WAY_OUT}'
            )


def _counts(settings: SyntheticSettings, split: str) -> dict[str, int]:
    images = settings.images(split)
    return {
        'identities': settings.identities(split),
        'images': images,
        'captions': images * settings.captions_per_image,
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
