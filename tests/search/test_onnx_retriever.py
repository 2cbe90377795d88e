import sys

import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper

from cpcl_mm.models import ImageTextPreprocessor
from cpcl_mm.search.onnx_retriever import OnnxRetriever, import_onnxruntime

PREPROCESSOR = ImageTextPreprocessor(mean=[0.0, 0.0, 0.0], std=[1.0, 1.0, 1.0])


def write_tower(folder, tower, elements, shape, operator):
    """A graph of one operator with a dynamic batch."""
    value = helper.make_tensor_value_info(tower, elements, ['batch', *shape])
    feature = helper.make_tensor_value_info('feature', TensorProto.FLOAT, ['batch', 'D'])
    graph = helper.make_graph([operator], tower, [value], [feature])
    opsets = [helper.make_opsetid('', 18)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.save(model, folder / f'{tower}.onnx')


@pytest.fixture
def folder(tmp_path):
    """The feature of an image is its pixels in a row, that of a sentence its token ids."""
    flatten = helper.make_node('Flatten', ['image'], ['feature'])
    cast = helper.make_node('Cast', ['text'], ['feature'], to=TensorProto.FLOAT)
    write_tower(tmp_path, 'image', TensorProto.FLOAT, [3, 2, 1], flatten)
    write_tower(tmp_path, 'text', TensorProto.INT64, [4], cast)
    return tmp_path


@pytest.mark.parametrize('batch', [1, 3])
def test_each_tower_encodes_what_is_there(folder, batch):
    retriever = OnnxRetriever(folder, PREPROCESSOR, 'cpu')
    image = torch.rand(batch, 3, 2, 1)
    text = torch.arange(4 * batch + 4).view(-1, 4)
    features = retriever.extract_feat({'image': image, 'text': text})
    assert torch.equal(features['image'], image.flatten(1))
    assert torch.equal(features['text'], text.float())
    assert retriever.extract_feat({'text': text}).keys() == {'text'}


def test_it_takes_as_many_threads_as_torch(folder, monkeypatch):
    threads = []
    session = onnxruntime.InferenceSession

    def watched(path, options, providers):
        threads.append(options.intra_op_num_threads)
        return session(path, options, providers=providers)

    monkeypatch.setattr(onnxruntime, 'InferenceSession', watched)
    OnnxRetriever(folder, PREPROCESSOR, 'cpu')
    assert threads == [torch.get_num_threads()] * 2


@pytest.mark.parametrize(
    ('device', 'provider'),
    [('cpu', 'CPU'), (None, 'CUDA'), ('cuda', 'CUDA'), ('cuda:2', 'CUDA')],
)
def test_the_device_is_chosen_as_for_torch(folder, monkeypatch, device, provider):
    chosen = []
    monkeypatch.setattr(
        onnxruntime,
        'get_available_providers',
        lambda: ['CUDAExecutionProvider', 'CPUExecutionProvider'],
    )
    monkeypatch.setattr(
        onnxruntime,
        'InferenceSession',
        lambda path, options, providers: chosen.append(providers[0]),
    )
    OnnxRetriever(folder, PREPROCESSOR, device)
    number = 2 if device == 'cuda:2' else 0
    expected = {
        'CPU': 'CPUExecutionProvider',
        'CUDA': ('CUDAExecutionProvider', {'device_id': number}),
    }
    assert chosen == [expected[provider]] * 2


def test_a_gpu_that_onnxruntime_cannot_use_is_refused(folder, monkeypatch):
    monkeypatch.setattr(onnxruntime, 'get_available_providers', lambda: ['CPUExecutionProvider'])
    with pytest.raises(ValueError, match=r"device='cuda': onnxruntime offers CPU.*onnxruntime-gpu"):
        OnnxRetriever(folder, PREPROCESSOR, 'cuda')


def test_a_file_that_is_no_model_is_named(folder):
    (folder / 'text.onnx').write_bytes((folder / 'text.onnx').read_bytes()[:40])
    with pytest.raises(ValueError, match=r'onnxruntime cannot read .*text\.onnx'):
        OnnxRetriever(folder, PREPROCESSOR, 'cpu')


def test_without_onnxruntime_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    with pytest.raises(ImportError, match='pip install onnxruntime'):
        import_onnxruntime()
