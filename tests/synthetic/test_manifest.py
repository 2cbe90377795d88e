import json
from dataclasses import replace
from pathlib import Path

import pytest

from cpcl_mm.synthetic.generation import generate
from cpcl_mm.synthetic.manifest import check_complete, read_counts
from cpcl_mm.synthetic.settings import SyntheticSettings


@pytest.fixture
def root(tmp_path: Path, tiny: SyntheticSettings) -> Path:
    """A finished data set."""
    return generate(tmp_path / 'set', tiny, workers=1, progress=False)


def test_manifest_tells_settings_and_counts(root: Path, tiny: SyntheticSettings) -> None:
    manifest = json.loads((root / 'settings.json').read_text())
    assert manifest['settings'] == tiny.as_dict()
    assert manifest['fingerprint'] == tiny.fingerprint()
    assert manifest['counts']['train'] == {'identities': 4, 'images': 8, 'captions': 16}
    assert read_counts(root) == manifest['counts']
    check_complete(root, tiny)


def test_other_settings_are_named(root: Path, tiny: SyntheticSettings) -> None:
    with pytest.raises(FileExistsError, match=r'other settings: blur is 0.4 there and 0.1 here\.'):
        check_complete(root, replace(tiny, blur=0.1))


def test_other_format_version_is_named(root: Path, tiny: SyntheticSettings) -> None:
    path = root / 'settings.json'
    path.write_text(json.dumps({**json.loads(path.read_text()), 'format_version': 0}))
    with pytest.raises(FileExistsError, match='format version 0'):
        check_complete(root, tiny)


def test_changed_annotations_are_found(root: Path, tiny: SyntheticSettings) -> None:
    annotations = root / 'data_captions.json'
    annotations.write_text(annotations.read_text().replace('a', 'b', 1))
    with pytest.raises(FileExistsError, match='data_captions.json is missing or was changed'):
        check_complete(root, tiny)


def test_missing_image_is_found(root: Path, tiny: SyntheticSettings) -> None:
    next((root / 'imgs' / 'val').iterdir()).unlink()
    with pytest.raises(FileExistsError, match='holds 3 images instead of 4'):
        check_complete(root, tiny)


@pytest.mark.parametrize('content', ['', '[]', '{"settings": {}}'])
def test_settings_file_of_something_else(root: Path, tiny: SyntheticSettings, content: str) -> None:
    (root / 'settings.json').write_text(content)
    with pytest.raises(FileExistsError, match='is not a SyntheticPedes data set'):
        check_complete(root, tiny)
