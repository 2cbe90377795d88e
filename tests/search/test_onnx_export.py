"""A checkpoint and its export are the same model: to a search, and to a gallery."""

import shutil
import sys
from types import SimpleNamespace

import numpy as np
import onnxruntime
import pytest
import torch
from mmengine.registry import DefaultScope

from cpcl_mm.registry import MODELS
from cpcl_mm.search import ModelEncoder, PersonSearcher, export_onnx, onnx_export
from cpcl_mm.search.export_manifest import Manifest
from cpcl_mm.search.onnx_export import (
    export_encoder,
    max_difference,
    sample_inputs,
    write_tower,
)

QUERIES = [
    'a person in a red shirt and blue trousers',
    'green trousers and a white shirt',
    'someone in black',
]


@pytest.fixture(scope='module')
def exported(small_checkpoint, tmp_path_factory):
    out = tmp_path_factory.mktemp('exports') / 'tiny'
    export_onnx(small_checkpoint, out)
    return out


@pytest.fixture(scope='module')
def torch_searcher(small_checkpoint, pedes_root):
    searcher = PersonSearcher(small_checkpoint, device='cpu')
    searcher.index(pedes_root / 'imgs')
    return searcher


@pytest.fixture(scope='module')
def onnx_searcher(exported, pedes_root):
    searcher = PersonSearcher(exported, device='cpu', batch_size=5)
    searcher.index(pedes_root / 'imgs')
    return searcher


def paths(results):
    return [result.path for result in results]


def test_features_differ_by_rounding_only(torch_searcher, onnx_searcher):
    mine, others = onnx_searcher.gallery.features, torch_searcher.gallery.features
    assert mine.shape == (24, 128)
    np.testing.assert_allclose(mine, others, atol=1e-5)
    np.testing.assert_allclose(
        onnx_searcher.encoder.encode_texts(QUERIES),
        torch_searcher.encoder.encode_texts(QUERIES),
        atol=1e-5,
    )


@pytest.mark.parametrize('query', QUERIES)
def test_a_sentence_finds_the_same_ten_images(torch_searcher, onnx_searcher, query):
    found, expected = onnx_searcher.search(query), torch_searcher.search(query)
    assert paths(found) == paths(expected)
    assert len(found) == 10
    assert [r.score for r in found] == pytest.approx([r.score for r in expected], abs=1e-5)


def test_an_image_and_a_mixture_find_the_same_images(torch_searcher, onnx_searcher, pedes_root):
    image = pedes_root / 'imgs' / '0003_1.png'
    by_both = [s.search_by_image(image) for s in (onnx_searcher, torch_searcher)]
    assert paths(by_both[0]) == paths(by_both[1])
    by_both = [s.search(QUERIES[0], image=image) for s in (onnx_searcher, torch_searcher)]
    assert paths(by_both[0]) == paths(by_both[1])


def test_each_searches_the_gallery_of_the_other(
    torch_searcher, onnx_searcher, exported, small_checkpoint, tmp_path
):
    torch_searcher.save(tmp_path / 'torch.npz')
    onnx_searcher.save(tmp_path / 'onnx.npz')
    by_onnx = PersonSearcher.open(tmp_path / 'torch.npz', exported, device='cpu')
    by_torch = PersonSearcher.open(tmp_path / 'onnx.npz', small_checkpoint, device='cpu')
    assert paths(by_onnx.search(QUERIES[0])) == paths(by_torch.search(QUERIES[0]))
    assert by_onnx.index(by_onnx.gallery.names).unchanged == 24


def test_a_gallery_opens_with_the_export_that_made_it(onnx_searcher, tmp_path):
    onnx_searcher.save(tmp_path / 'onnx.npz')
    opened = PersonSearcher.open(tmp_path / 'onnx.npz', device='cpu')
    assert opened.search(QUERIES[0]) == onnx_searcher.search(QUERIES[0])


def test_the_end_of_a_long_sentence_is_not_read_here_either(onnx_searcher):
    with pytest.warns(UserWarning, match='40 tokens'):
        onnx_searcher.search('a man in a red shirt ' * 10 + 'with a hat')


def copy(exported, folder):
    return shutil.copytree(exported, folder / 'copy')


def test_an_export_needs_nothing_but_its_folder(exported, onnx_searcher, tmp_path, monkeypatch):
    moved = copy(exported, tmp_path)
    # A later release may draw other clothes: the words are in the export.
    monkeypatch.setattr('cpcl_mm.synthetic.vocabulary', lambda: ['a', 'person'])
    searcher = PersonSearcher(moved, device='cpu')
    np.testing.assert_array_equal(
        searcher.encoder.encode_texts(QUERIES), onnx_searcher.encoder.encode_texts(QUERIES)
    )


def test_a_truncated_tower_is_named(exported, tmp_path):
    damaged = copy(exported, tmp_path) / 'image.onnx'
    damaged.write_bytes(damaged.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r'image\.onnx is missing, truncated or changed'):
        PersonSearcher(damaged.parent)


def test_another_folder_is_no_model(tmp_path):
    with pytest.raises(ValueError, match='is no exported model: it has no export.json'):
        PersonSearcher(tmp_path)


@pytest.mark.parametrize(
    ('old', 'new', 'named'),
    [
        ("'PackImageCaption'", "'os.system'", "type = 'os.system'"),
        ('"scope": "cpcl_mm"', '"scope": "this"', "default_scope = 'this'"),
        ("'type': 'WordTokenizer'", "'local_files': '/x', 'type': 'WordTokenizer'", 'local_files'),
    ],
)
def test_the_facts_cannot_run_code(exported, tmp_path, old, new, named):
    facts = copy(exported, tmp_path) / 'export.json'
    assert old in facts.read_text()
    facts.write_text(facts.read_text().replace(old, new))
    with pytest.raises(ValueError, match=f'{named}.*not on the list'):
        PersonSearcher(facts.parent)


def test_an_export_cannot_be_exported_again(exported, tmp_path):
    with pytest.raises(ValueError, match='is an exported model already: give its checkpoint'):
        export_onnx(exported, tmp_path / 'again')


SIZE = (64, 32)


@pytest.fixture(scope='session')
def steps():
    return [
        dict(
            type='OnImage',
            transforms=[dict(type='LoadImage'), dict(type='Resize', scale=SIZE[::-1])],
        ),
        dict(type='Tokenize', tokenizer=dict(type='OpenCLIPTokenizer', architecture='ViT-B-32')),
        dict(type='PackImageCaption'),
    ]


@pytest.fixture(scope='session')
def encoder(shrink, steps):
    """A vision transformer of open_clip with random weights, on rectangles."""
    torch.manual_seed(0)
    architecture = shrink('ViT-B-32')
    with DefaultScope.overwrite_default_scope('cpcl_mm'):
        model = MODELS.build(
            dict(
                type='TextToImageRetriever',
                image_backbone=dict(
                    type='CLIPImageTower', architecture=architecture, image_size=SIZE
                ),
                text_backbone=dict(type='CLIPTextTower', architecture=architecture),
                data_preprocessor=dict(type='ImageTextPreprocessor', architecture='ViT-B-32'),
            )
        )
    return ModelEncoder(model.eval(), steps, 'c0105', '/somewhere/epoch_20.pth')


@pytest.fixture
def graphs(monkeypatch):
    """Graphs take seconds to write: here they are a few bytes, and differ by ``graphs``."""
    differences = [1e-7]
    monkeypatch.setattr(onnx_export, 'write_tower', lambda *args: args[-1].write_bytes(b'graph'))
    monkeypatch.setattr(onnx_export, 'OnnxRetriever', lambda *args: None)
    monkeypatch.setattr(onnx_export, 'max_difference', lambda *args: differences[-1])
    return differences


def test_the_folder_holds_towers_and_facts_and_nothing_else(encoder, steps, tmp_path, graphs):
    export_encoder(encoder, tmp_path / 'vit')
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
    export_encoder(encoder, tmp_path / 'vit')
    assert [path.name for path in tmp_path.iterdir()] == ['vit']
    names = {path.name for path in (tmp_path / 'vit').iterdir()}
    assert names == {'export.json', 'image.onnx', 'text.onnx'}


def test_the_facts_are_those_of_the_model(encoder, steps, tmp_path, graphs):
    written = export_encoder(encoder, tmp_path / 'vit')
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
        export_encoder(encoder, tmp_path / 'out')
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_not_overwritten_and_an_earlier_export_is(encoder, steps, tmp_path, graphs):
    out = tmp_path / 'out'
    for _ in range(2):
        export_encoder(encoder, out)
    (out / 'gallery.npz').write_text('hours of work')
    with pytest.raises(FileExistsError, match='out holds other files than an export'):
        export_encoder(encoder, out)
    assert (out / 'gallery.npz').exists()


def test_transforms_that_are_no_data_cannot_be_exported(encoder, steps, tmp_path, graphs):
    unusual = ModelEncoder(encoder.model, [*steps, len], 'c0105', 'epoch_20.pth')
    with pytest.raises(ValueError, match='test transforms are no plain values'):
        export_encoder(unusual, tmp_path / 'out')


def test_a_preprocessor_of_another_kind_is_named(steps, tmp_path):
    model = SimpleNamespace(data_preprocessor=torch.nn.Identity())
    with pytest.raises(ValueError, match='epoch_20.pth has a Identity'):
        export_encoder(ModelEncoder(model, steps, 'c0105', 'epoch_20.pth'), tmp_path / 'out')


@pytest.mark.parametrize('package', ['onnx', 'onnxscript', 'onnxruntime'])
def test_without_a_package_the_error_says_what_to_install(
    encoder, steps, tmp_path, monkeypatch, package
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf'{package}.*pip install .*onnxruntime'):
        export_encoder(encoder, tmp_path / 'out')


@pytest.mark.parametrize(
    ('size', 'key', 'expected'), [(1, 'text', 0.3), (5, 'image', 0.2), (3, 'text', 0.0)]
)
def test_the_comparison_sees_both_towers_at_both_batch_sizes(encoder, size, key, expected):
    class Export:
        """Wrong for one tower at one batch size."""

        def extract_feat(self, inputs):
            features = encoder.model.extract_feat(inputs)
            features[key][-1, 7] += expected * (len(features[key]) == size)
            return features

    with torch.no_grad():
        found = max_difference(encoder, Export(), sample_inputs(encoder, 5))
    assert found == pytest.approx(expected, abs=1e-6)


def test_sample_inputs_are_the_same_every_time_and_no_two_alike(encoder):
    one, other = sample_inputs(encoder, 5), sample_inputs(encoder, 5)
    assert all(torch.equal(one[key], other[key]) for key in ('image', 'text'))
    assert len(one['text'].unique(dim=0)) == len(one['image'].unique(dim=0)) == 5


def test_a_graph_takes_any_batch_and_gives_the_features_of_torch(encoder, tmp_path):
    images = {'image': sample_inputs(encoder, 7)['image']}
    write_tower(encoder.model, 'image', images['image'][:2], tmp_path / 'tower.onnx')
    session = onnxruntime.InferenceSession(tmp_path / 'tower.onnx')
    with torch.no_grad():
        expected = encoder.model.extract_feat(images)['image']
    for number in (1, 2, 7):
        (features,) = session.run(None, {'image': images['image'][:number].numpy()})
        np.testing.assert_allclose(features, expected[:number], atol=1e-6)
        np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, atol=1e-6)


def test_a_tower_that_torch_cannot_export_is_named(encoder, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError('no such operator')

    monkeypatch.setattr(torch.onnx, 'export', fail)
    with pytest.raises(ValueError, match='cannot export the text tower .*no such operator'):
        write_tower(encoder.model, 'text', torch.ones(2, 77, dtype=torch.long), tmp_path / 'a.onnx')
