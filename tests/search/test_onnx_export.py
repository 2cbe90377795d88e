"""A checkpoint and its export are the same model: to a search, and to a gallery."""

import shutil

import numpy as np
import pytest

from cpcl_mm.search import PersonSearcher, export_onnx

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
    for arguments in ((image,), (QUERIES[0], image)):
        name = 'search_by_image' if len(arguments) == 1 else 'search_combined'
        found, expected = (
            getattr(searcher, name)(*arguments) for searcher in (onnx_searcher, torch_searcher)
        )
        assert paths(found) == paths(expected)


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
    with pytest.raises(FileNotFoundError, match='there is no checkpoint'):
        export_onnx(exported, tmp_path / 'again')
