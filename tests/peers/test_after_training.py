"""What comes after training takes the peers' models by the means of every other model."""

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config
from cpcl_mm.registry import MODELS
from cpcl_mm.search import PersonSearcher, export_onnx

ONE_EPOCH = """
train_cfg = dict(max_epochs=1, val_interval=1)
default_hooks = dict(ranked_sheet=None)
"""
QUERIES = ['a person in a red shirt and blue trousers', 'green trousers']


@pytest.fixture(scope='module')
def checkpoint(write_small_config, tmp_path_factory):
    """Of an epoch of RDE."""
    folder = tmp_path_factory.mktemp('rde')
    config = write_small_config(folder / 'rde.py', 'rde/rde_synthetic.py', ONE_EPOCH)
    Runner.from_cfg(load_run_config(config, str(folder))).train()
    return folder / 'epoch_1.pth'


@pytest.fixture(scope='module')
def searcher(checkpoint, pedes_root):
    searcher = PersonSearcher(checkpoint, device='cpu')
    searcher.index(pedes_root / 'imgs')
    return searcher


def test_the_score_of_two_embeddings_is_the_mean_of_their_similarities(searcher):
    image, text = searcher.gallery.features, searcher.encoder.encode_texts(QUERIES)
    assert image.shape == (24, 128 + 256)
    parts = [(x[:, :128], x[:, 128:]) for x in (text, image)]
    means = sum(
        (a / np.linalg.norm(a, axis=1, keepdims=True)) @ (b / np.linalg.norm(b, axis=1)[:, None]).T
        for a, b in zip(*parts, strict=True)
    )
    np.testing.assert_allclose(text @ image.T, means / 2, atol=1e-5)
    best = searcher.search(QUERIES[0], topk=1)[0]
    assert best.score == pytest.approx((text @ image.T)[0].max(), abs=1e-5)


def test_an_export_has_both_embeddings(checkpoint, searcher, pedes_root, tmp_path):
    export_onnx(checkpoint, tmp_path / 'rde')
    exported = PersonSearcher(tmp_path / 'rde', device='cpu')
    exported.index(pedes_root / 'imgs')
    np.testing.assert_allclose(exported.gallery.features, searcher.gallery.features, atol=1e-5)
    found, expected = (s.encoder.encode_texts(QUERIES) for s in (exported, searcher))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_model_for_searching_has_no_cross_modal_transformer(write_small_config, tmp_path):
    cfg = Config.fromfile(write_small_config(tmp_path / 'irra.py', 'irra/irra_synthetic.py', ''))
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build({**cfg.model, 'data_preprocessor': cfg.data_preprocessor})
    assert any('transformer' in name for name, _ in model.head.named_parameters())
    content = {'meta': {'cfg': cfg.pretty_text}, 'state_dict': model.state_dict()}
    torch.save(content, tmp_path / 'irra.pth')
    searching = PersonSearcher(tmp_path / 'irra.pth', device='cpu').encoder.model
    assert searching.head is None
    assert not [name for name in searching.state_dict() if name.startswith('head.')]
