"""The benchmark runs, at a size that takes little time, and prints what it is for."""

import re

import pytest
import torch

TOOL = 'benchmarks/onnx_export.py'


@pytest.fixture
def export_of_torch(monkeypatch):
    """In the place of an export, which takes seconds: the torch model under another name."""
    from cpcl_mm.search import loading

    load = loading.load_encoder

    def export(model, out, pretrained):
        out.mkdir()
        for tower in ('image', 'text'):
            (out / f'{tower}.onnx').write_bytes(bytes(2**20))
        exports.append(model)

    def load_either(model, pretrained=None, device=None):
        encoder = load(exports[-1] if pretrained is device is None else model, pretrained, 'cpu')
        encoder.source = str(model)
        return encoder

    exports = []
    monkeypatch.setattr('cpcl_mm.search.export_onnx', export)
    monkeypatch.setattr(loading, 'load_encoder', load_either)


def test_prints_size_and_speed_of_both_and_how_they_differ(
    run_tool, export_of_torch, small_checkpoint, pedes_root
):
    threads = torch.get_num_threads()
    sizes = ('--max-images', 12, '--batch-size', 5, '--threads', threads)
    out = run_tool(TOOL, small_checkpoint, pedes_root / 'imgs', *sizes)
    first, _, header, _, by_torch, by_onnx, ratio, _, same, memory = out.splitlines()
    assert first == f'{threads} thread(s), 12 images, batches of 5'
    assert header == '| | size (MiB) | images/s | captions/s |'
    assert re.fullmatch(r'\| torch \| [\d.]+ \| [\d.,]+ \| [\d.,]+ \|', by_torch)
    assert re.fullmatch(r'\| onnxruntime \| 2\.0 \| [\d.,]+ \| [\d.,]+ \|', by_onnx)
    assert re.fullmatch(r'\| ratio \| \| \d+\.\d\d \| \d+\.\d\d \|', ratio)
    assert same == 'difference 0.0e+00, same top-10: 100.0 %'
    assert re.fullmatch(r'peak memory of the process \d+\.\d\d GiB', memory)
