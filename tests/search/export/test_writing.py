import sys
from types import SimpleNamespace

import pytest
import torch

from cpcl_mm.search import ModelEncoder
from cpcl_mm.search.export import Manifest, export_encoder, writing


@pytest.fixture
def graphs(monkeypatch):
    """Graphs take seconds to write: here they are a few bytes, and differ by ``graphs``."""
    differences = [1e-7]
    monkeypatch.setattr(writing, 'write_tower', lambda *args: args[-1].write_bytes(b'graph'))
    monkeypatch.setattr(writing, 'OnnxRetriever', lambda *args: None)
    monkeypatch.setattr(writing, 'max_difference', lambda *args: differences[-1])
    return differences


def test_the_folder_holds_towers_and_facts_and_nothing_else(encoder, steps, tmp_path, graphs):
    export_encoder(encoder, steps, tmp_path / 'vit')
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob('*')) == [
        'vit',
        'vit/export.json',
        'vit/image.onnx',
        'vit/text.onnx',
    ]


def test_what_a_killed_export_left_is_replaced(encoder, steps, tmp_path, graphs):
    # One killed while it wrote, and one while it took the place of an earlier export.
    for left in ('vit.unfinished/image.onnx.data', 'vit/text.onnx.data'):
        (tmp_path / left).parent.mkdir()
        (tmp_path / left).write_bytes(b'half')
    export_encoder(encoder, steps, tmp_path / 'vit')
    assert [path.name for path in tmp_path.iterdir()] == ['vit']
    names = {path.name for path in (tmp_path / 'vit').iterdir()}
    assert names == {'export.json', 'image.onnx', 'text.onnx'}


def test_the_facts_are_those_of_the_model(encoder, steps, tmp_path, graphs):
    written = export_encoder(encoder, steps, tmp_path / 'vit')
    manifest = Manifest.read(tmp_path / 'vit')
    assert manifest.files == written.files
    assert manifest.fingerprint == 'c0105'
    assert manifest.checkpoint == 'epoch_20.pth'
    assert manifest.dimensions == 64
    assert manifest.image_size == [64, 32]
    assert manifest.channel_order == 'RGB'
    # CLIP's own, from open_clip's tables: no table is needed to use the export.
    assert manifest.mean == pytest.approx([122.771, 116.746, 104.094], abs=1e-3)
    assert manifest.std == pytest.approx([68.501, 66.632, 70.323], abs=1e-3)
    assert (manifest.context_length, manifest.vocab_size) == (77, 49408)
    assert manifest.transforms() == steps
    assert manifest.max_difference == 1e-7


@pytest.mark.parametrize('difference', [2e-4, float('nan')])
def test_an_export_that_differs_is_refused_and_not_kept(
    encoder, steps, tmp_path, graphs, difference
):
    graphs.append(difference)
    with pytest.raises(ValueError, match=r'differs from /somewhere/epoch_20.pth by .*1.0e-04'):
        export_encoder(encoder, steps, tmp_path / 'out')
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_not_overwritten_and_an_earlier_export_is(encoder, steps, tmp_path, graphs):
    out = tmp_path / 'out'
    for _ in range(2):
        export_encoder(encoder, steps, out)
    (out / 'gallery.npz').write_text('hours of work')
    with pytest.raises(FileExistsError, match='out holds other files than an export'):
        export_encoder(encoder, steps, out)
    assert (out / 'gallery.npz').exists()


def test_transforms_that_are_no_data_cannot_be_exported(encoder, steps, tmp_path, graphs):
    with pytest.raises(ValueError, match='test transforms are no plain values'):
        export_encoder(encoder, [*steps, len], tmp_path / 'out')


def test_a_preprocessor_of_another_kind_is_named(steps, tmp_path):
    model = SimpleNamespace(data_preprocessor=torch.nn.Identity())
    with pytest.raises(ValueError, match='epoch_20.pth has a Identity'):
        export_encoder(ModelEncoder(model, steps, 'c0105', 'epoch_20.pth'), steps, tmp_path / 'out')


@pytest.mark.parametrize('package', ['onnx', 'onnxscript', 'onnxruntime'])
def test_without_a_package_the_error_says_what_to_install(
    encoder, steps, tmp_path, monkeypatch, package
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf'{package}.*pip install .*onnxruntime'):
        export_encoder(encoder, steps, tmp_path / 'out')
