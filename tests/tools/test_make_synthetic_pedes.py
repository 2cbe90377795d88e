import json
import runpy
from dataclasses import asdict, fields
from pathlib import Path
from types import SimpleNamespace

import pytest

from cpcl_mm.synthetic import SyntheticSettings

SIZES = {
    'train-identities': 2,
    'val-identities': 1,
    'test-identities': 1,
    'height': 32,
    'width': 16,
}
TINY = [f'--{name}={size}' for name, size in SIZES.items()]


@pytest.fixture(scope='module')
def tool() -> SimpleNamespace:
    """The tool's functions."""
    path = Path(__file__).parents[2] / 'tools' / 'make_synthetic_pedes.py'
    return SimpleNamespace(**runpy.run_path(str(path)))


def test_every_setting_is_an_option_with_its_default(tool: SimpleNamespace) -> None:
    options = vars(tool.build_parser().parse_args([]))
    assert options.pop('root') == Path('data/SyntheticPedes')
    assert options.pop('workers') is None
    assert options == asdict(SyntheticSettings())


def test_help_explains_every_setting(
    tool: SimpleNamespace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('COLUMNS', '400')
    with pytest.raises(SystemExit) as exit_info:
        tool.main(['--help'])
    assert exit_info.value.code == 0
    text = capsys.readouterr().out
    for knob in fields(SyntheticSettings):
        assert f'{knob.metadata["help"]} (default: {knob.default})' in text


def test_makes_what_is_asked_for(
    tool: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / 'set'
    arguments = ['--root', str(root), *TINY, '--omission', '0', '--images-per-identity', '3']
    assert tool.main(arguments) == 0
    assert 'train: 2 identities, 6 images, 12 captions' in capsys.readouterr().out
    settings = json.loads((root / 'settings.json').read_text())['settings']
    assert (settings['omission'], settings['images_per_identity']) == (0, 3)
    assert len(list(root.rglob('*.jpg'))) == 12


def test_second_run_changes_nothing(tool: SimpleNamespace, tmp_path: Path) -> None:
    arguments = ['--root', str(tmp_path / 'set'), *TINY]
    assert tool.main(arguments) == 0
    before = (tmp_path / 'set' / 'settings.json').stat().st_mtime_ns
    assert tool.main(arguments) == 0
    assert (tmp_path / 'set' / 'settings.json').stat().st_mtime_ns == before


def test_unusable_setting_is_explained(
    tool: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.main(['--root', str(tmp_path / 'set'), '--blur', '3']) == 1
    assert 'error: blur must be between 0.0 and 1.0, but is 3.0' in capsys.readouterr().err
    assert not (tmp_path / 'set').exists()


def test_occupied_folder_is_explained(
    tool: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'notes.txt').touch()
    assert tool.main(['--root', str(tmp_path), *TINY]) == 1
    assert 'is not a SyntheticPedes data set' in capsys.readouterr().err
