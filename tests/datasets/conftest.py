"""Annotation files of any content, with an image for each record."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Annotate = Callable[..., Path]


@pytest.fixture
def record() -> Callable[..., dict[str, Any]]:
    """Make a sound record in RSTPReid's schema; keyword arguments change its values."""

    def make(**changes: Any) -> dict[str, Any]:
        sound = {'id': 0, 'img_path': 'a.jpg', 'captions': ['a man in red'], 'split': 'train'}
        return sound | changes

    return make


@pytest.fixture
def annotate(tmp_path: Path) -> Annotate:
    """Write records to an annotation file below ``imgs``'s parent, and every image they name."""

    def write(
        records: list[Any], name: str = 'data_captions.json', image_key: str = 'img_path'
    ) -> Path:
        (tmp_path / 'imgs').mkdir(exist_ok=True)
        for number, record in enumerate(records):
            if isinstance(record, dict) and isinstance(record.get(image_key), str):
                path = tmp_path / 'imgs' / record[image_key]
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.new('RGB', (8, 16), (number % 256, 90, 160)).save(path)
        (tmp_path / name).write_text(json.dumps(records), encoding='utf-8')
        return tmp_path / name

    return write


@pytest.fixture
def read_records() -> Callable[[Path], list[dict[str, Any]]]:
    """Read the records of the only annotation file in a folder."""

    def read(root: Path) -> list[dict[str, Any]]:
        (ann_file,) = root.glob('*.json')
        return json.loads(ann_file.read_text(encoding='utf-8'))

    return read


@pytest.fixture
def edit_records(
    read_records: Callable[[Path], list[dict[str, Any]]],
) -> Callable[[Path, Callable[[dict[str, Any]], Any]], None]:
    """Change every record of the only annotation file in a folder in place."""

    def edit(root: Path, change: Callable[[dict[str, Any]], Any]) -> None:
        records = read_records(root)
        for record in records:
            change(record)
        (ann_file,) = root.glob('*.json')
        ann_file.write_text(json.dumps(records), encoding='utf-8')

    return edit
