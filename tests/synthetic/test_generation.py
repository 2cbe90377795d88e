import io
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from filelock import FileLock
from mmengine.logging import MMLogger

from cpcl_mm.synthetic import Pedestrians, ensure_synthetic_pedes, generation
from cpcl_mm.synthetic.generation import check_complete, read_manifest
from cpcl_mm.synthetic.settings import SyntheticSettings

FORK = multiprocessing.get_context('fork')


def _files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob('*'))
        if path.is_file()
    }


def _visible_names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.endswith('.lock')}


def test_a_worker_ends_by_a_signal_whatever_handlers_the_parent_has() -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with FORK.Pool(1, generation.end_with_parent) as pool:
            handlers = pool.map(signal.getsignal, [signal.SIGTERM, signal.SIGINT])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert handlers == [signal.SIG_DFL, signal.SIG_IGN]


def test_layout_on_disk(tmp_path: Path, tiny: SyntheticSettings) -> None:
    root = ensure_synthetic_pedes(tmp_path / 'set', tiny)
    records = json.loads((root / 'data_captions.json').read_text())
    images = {str(path.relative_to(root / 'imgs')) for path in root.rglob('*.jpg')}
    assert {record['img_path'] for record in records} == images
    assert {record['split'] for record in records} == {'train', 'val', 'test'}
    assert _visible_names(root) == {'data_captions.json', 'imgs', 'settings.json'}
    assert _visible_names(tmp_path) == {'set'}


def test_empty_folder_is_filled(tmp_path: Path, tiny: SyntheticSettings) -> None:
    (tmp_path / 'set').mkdir()
    assert len(_files(ensure_synthetic_pedes(tmp_path / 'set', tiny))) == 20


def test_link_to_an_empty_folder_is_followed(tmp_path: Path, tiny: SyntheticSettings) -> None:
    (tmp_path / 'disk').mkdir()
    (tmp_path / 'set').symlink_to(tmp_path / 'disk')
    assert len(_files(ensure_synthetic_pedes(tmp_path / 'set', tiny))) == 20
    assert (tmp_path / 'set').is_symlink()


def test_finished_data_set_is_used_as_it_is(
    tmp_path: Path, tiny: SyntheticSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = ensure_synthetic_pedes(tmp_path / 'set', tiny)
    monkeypatch.setattr(generation, '_write', None)  # would fail if it were called
    assert ensure_synthetic_pedes(root, tiny) == root


def test_other_settings_are_refused(tmp_path: Path, tiny: SyntheticSettings) -> None:
    root = ensure_synthetic_pedes(tmp_path / 'set', tiny)
    before = _files(root)
    with pytest.raises(FileExistsError, match='omission is 0.3 there and 0.0 here.*delete'):
        ensure_synthetic_pedes(root, replace(tiny, omission=0.0))
    assert _files(root) == before


def test_folder_of_something_else_loses_nothing(tmp_path: Path, tiny: SyntheticSettings) -> None:
    (tmp_path / 'thesis.tex').write_text('precious')
    with pytest.raises(FileExistsError, match='another folder'):
        ensure_synthetic_pedes(tmp_path, tiny)
    assert _files(tmp_path)['thesis.tex'] == b'precious'


def test_failed_generation_leaves_nothing(
    tmp_path: Path, tiny: SyntheticSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError('disk full')

    monkeypatch.setattr(generation, 'write_manifest', fail)
    with pytest.raises(OSError, match='disk full'):
        ensure_synthetic_pedes(tmp_path / 'set', tiny)
    assert _visible_names(tmp_path) == set()


def test_killed_generation_is_made_anew(tmp_path: Path, tiny: SyntheticSettings) -> None:
    settings = replace(tiny, train_identities=400)
    process = FORK.Process(target=ensure_synthetic_pedes, args=(tmp_path / 'set', settings, 2))
    process.start()
    _wait_until(lambda: sum(1 for _ in tmp_path.rglob('*.jpg')) > 10)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not (tmp_path / 'set').exists()
    assert [name for name in _visible_names(tmp_path) if 'partial' in name]

    root = ensure_synthetic_pedes(tmp_path / 'set', tiny)
    assert len(_files(root)) == 20
    assert _visible_names(tmp_path) == {'set'}


def test_second_process_waits_and_uses_what_the_first_made(
    tmp_path: Path, tiny: SyntheticSettings, capfd: pytest.CaptureFixture[str]
) -> None:
    # A logger from an earlier test would write to where that test's output went.
    MMLogger.get_instance('waiting')
    root = tmp_path / 'set'
    with FileLock(tmp_path / '.set.lock'):
        processes = [FORK.Process(target=ensure_synthetic_pedes, args=(root, tiny)) for _ in '12']
        for process in processes:
            process.start()
        output = io.StringIO()

        def both_wait() -> bool:
            output.write(''.join(capfd.readouterr()))
            return output.getvalue().count('Waiting for another process') == 2

        _wait_until(both_wait)
        assert not root.exists()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert ''.join(capfd.readouterr()).count(' 0/18') == 1  # one of them began to draw
    assert len(_files(root)) == 20


def _wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError('the other process did not get so far')
        time.sleep(0.005)


@pytest.fixture
def root(tmp_path: Path, tiny: SyntheticSettings) -> Path:
    """A finished data set."""
    return ensure_synthetic_pedes(tmp_path / 'set', tiny, workers=1)


def test_manifest_tells_settings_and_counts(root: Path, tiny: SyntheticSettings) -> None:
    manifest = json.loads((root / 'settings.json').read_text())
    assert manifest['settings'] == asdict(tiny)
    assert manifest['counts']['train'] == {'identities': 4, 'images': 8, 'captions': 16}
    assert read_manifest(root) == manifest
    check_complete(root, Pedestrians(tiny))


def test_other_format_version_is_named(root: Path, tiny: SyntheticSettings) -> None:
    path = root / 'settings.json'
    path.write_text(json.dumps({**json.loads(path.read_text()), 'format_version': 0}))
    with pytest.raises(FileExistsError, match='format version 0'):
        check_complete(root, Pedestrians(tiny))


def test_changed_annotations_are_found(root: Path, tiny: SyntheticSettings) -> None:
    annotations = root / 'data_captions.json'
    annotations.write_text(annotations.read_text().replace('a', 'b', 1))
    with pytest.raises(FileExistsError, match='data_captions.json is missing or was changed'):
        check_complete(root, Pedestrians(tiny))


def test_missing_image_is_found(root: Path, tiny: SyntheticSettings) -> None:
    next((root / 'imgs' / 'val').iterdir()).unlink()
    with pytest.raises(FileExistsError, match='holds 3 images instead of 4'):
        check_complete(root, Pedestrians(tiny))


@pytest.mark.parametrize('content', ['', '[]', '{"settings": {}}'])
def test_settings_file_of_something_else(root: Path, tiny: SyntheticSettings, content: str) -> None:
    (root / 'settings.json').write_text(content)
    with pytest.raises(FileExistsError, match='is not a SyntheticPedes data set'):
        check_complete(root, Pedestrians(tiny))
